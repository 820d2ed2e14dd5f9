/** The steps that a function which answered kept from running, by the map of its request. */
import { untracked } from "@preact/signals";
import { isolate } from "../lib/isolate";
import { mapsOf } from "../model/lifecycle/counts";
import type { Registered } from "../model/lifecycle/registered";
import type { EventView } from "../model/log";
import type { Page } from "../state/page";
import { registeredOf } from "../state/registered";
import type { Workspace } from "../state/workspace";
import type { EventRef, Skipped } from "../timeline/types";
import { nameOfRow, stateText } from "./map_texts";

/** Whose announcements are listened to. */
const heard = new WeakSet<Workspace>();

/**
 * Of the selected request only: of hundreds on the screen there is no room for any. Calls
 * *moreKnown* when it was announced what is registered.
 */
export function skippedBy(
  page: Page,
  workspace: Workspace,
  ref: EventRef,
  moreKnown: () => void,
): Skipped | null {
  return untracked(() => {
    const event = workspace.log.event(ref);
    const trace = workspace.trace.value;
    if (event === undefined || trace === null || event.traceId !== trace) return null;
    const announced = announcedTo(page, workspace, event, moreKnown);
    const rows = mapsOf(workspace.log, trace, announced, null)
      .flatMap((map) => map.rows)
      .filter(({ reason }) => reason?.event === ref && reason.id === "intercepted");
    const [first] = rows;
    if (first?.reason == null) return null;
    // Beside the one that answered, others of its kind need no more than their names.
    const names = rows.map((row) =>
      row.fn !== null && row.step.kind === event.kind ? isolate(row.fn.name) : nameOfRow(row),
    );
    return { names, reason: stateText("skipped", first.reason, true) };
  });
}

function announcedTo(
  page: Page,
  workspace: Workspace,
  { app, agent }: EventView,
  moreKnown: () => void,
): readonly Registered[] {
  const items = registeredOf(page, workspace, app, agent);
  if (!heard.has(workspace)) {
    heard.add(workspace);
    items.subscribe(moreKnown);
  }
  return items.peek();
}
