/** The steps that the selected request did not take because of another one, by the map of it. */
import { untracked } from "@preact/signals";
import { language } from "../i18n/language";
import { isolate } from "../lib/isolate";
import { mapsOf } from "../model/lifecycle/counts";
import type { LifecycleMap, Row } from "../model/lifecycle/map";
import type { Reason } from "../model/lifecycle/reasons";
import type { Registered } from "../model/lifecycle/registered";
import type { Page } from "../state/page";
import { registeredOf } from "../state/registered";
import type { Workspace } from "../state/workspace";
import type { EventRef, Skipped, SkippedSteps } from "../timeline/values";
import { nameOfRow, stateText } from "./map_texts";

/** Whose announcements are listened to. */
const heard = new WeakSet<Workspace>();

interface Told {
  language: string;
  steps: SkippedSteps;
}

/** The maps of a trace stay the same ones until there is more to know. */
const told = new WeakMap<readonly LifecycleMap[], Told>();

/**
 * Of the selected request only: of hundreds on the screen there is no room for any. Calls
 * *moreKnown* when it was announced what is registered.
 */
export function skippedIn(page: Page, workspace: Workspace, moreKnown: () => void): SkippedSteps {
  return untracked(() => {
    const { log } = workspace;
    const trace = workspace.trace.value;
    const root = trace === null ? undefined : log.event(log.eventsOf(trace)[0] ?? -1);
    if (trace === null || root === undefined) return new Map();
    const announced = announcedTo(page, workspace, [root.app], root.agent, moreKnown);
    const maps = mapsOf(log, trace, announced, null);
    const known = told.get(maps);
    if (known?.language === language.value) return known.steps;
    const apps = maps.map(({ pass }) => pass.app);
    announcedTo(page, workspace, apps, root.agent, moreKnown);
    const steps = stepsOf(maps);
    told.set(maps, { language: language.value, steps });
    return steps;
  });
}

function announcedTo(
  page: Page,
  workspace: Workspace,
  apps: readonly (string | null)[],
  agent: string,
  moreKnown: () => void,
): readonly Registered[] {
  const [items] = apps.map((app) => registeredOf(page, workspace, app, agent));
  if (items === undefined) return [];
  if (!heard.has(workspace)) {
    heard.add(workspace);
    items.subscribe(moreKnown);
  }
  return items.peek();
}

/** Everything that is skipped for a reason that has its place in the request, at that place. */
function stepsOf(maps: readonly LifecycleMap[]): SkippedSteps {
  const steps = new Map<EventRef, Skipped[]>();
  for (const map of maps) {
    for (const [place, rows] of byPlace(map)) steps.set(place, groupsOf(map, place, rows));
  }
  return steps;
}

type SkippedRow = Row & { reason: Reason };

function byPlace(map: LifecycleMap): Map<EventRef, SkippedRow[]> {
  const places = new Map<EventRef, SkippedRow[]>();
  for (const row of map.rows) {
    const place = placeOf(map, row);
    if (place !== null) add(places, place, row as SkippedRow);
  }
  return places;
}

function add<K, V>(groups: Map<K, V[]>, key: K, value: V): void {
  const group = groups.get(key);
  if (group === undefined) groups.set(key, [value]);
  else group.push(value);
}

/** The event that the row's dashed step hangs from, null where it has none. */
function placeOf(map: LifecycleMap, { state, reason, step }: Row): EventRef | null {
  if (state !== "skipped" || reason === null || reason.event === null) return null;
  const { facts } = map;
  // Nobody knows whether a view that raised would have rendered one.
  if (step.when === "template" && reason.event === facts.viewRaiser?.event.index) return null;
  if (reason.event !== facts.exception?.event.index) return reason.event;
  // What an exception kept from running hangs from the innermost step that it left.
  const exception = reason.event;
  const left = facts.raisers.filter(({ event }) => event.index < exception);
  const indexes = left.map(({ event }) => event.index);
  return indexes.length > 0 ? Math.max(...indexes) : (facts.routing?.event ?? null);
}

/** Under one reason together, in the order of the documented sequence. */
function groupsOf(map: LifecycleMap, place: EventRef, rows: readonly SkippedRow[]): Skipped[] {
  const cause = map.pass.happenings.find(({ event }) => event.index === place);
  const groups = new Map<string, SkippedRow[]>();
  for (const row of rows) add(groups, stateText("skipped", row.reason, true), row);
  return [...groups].map(([reason, skipped]) => ({
    names: skipped.map((row) => nameBeside(row, cause?.event.kind)),
    reason,
  }));
}

/** Beside the step that kept them from running, others of its kind need no more than their names. */
function nameBeside(row: Row, kind: string | undefined): string {
  return row.fn !== null && row.step.kind === kind ? isolate(row.fn.name) : nameOfRow(row);
}
