/** An event for the page's live region: what it is, how long, where, what that means, what it kept from running. */
import { laneName } from "../model/lanes";
import type { EventLog } from "../model/log";
import type { Texts } from "./scene";
import type { TimelineOptions } from "./types";
import type { EventRef } from "./values";

type Asked = Pick<TimelineOptions, "label" | "explain" | "skipped">;

export function describe(ref: EventRef, log: EventLog, texts: Texts, options: Asked): string {
  const event = log.event(ref);
  if (event === undefined) return "";
  const { label } = options;
  const names = texts.labelsOf(ref, false);
  const end = texts.endOf(ref);
  const parts = [names[0] ?? event.name];
  if (end) parts.push(texts.duration(end.t - event.t));
  if (event.app !== null) parts.push(label("app {app}", { app: event.app }));
  const lane = log.lanes[event.lane];
  if (lane) parts.push(laneName(lane, label).title);
  const said = `${parts.filter((part) => part !== "").join(", ")}. ${options.explain?.(event) ?? ""}`;
  const skipped = options.skipped?.().get(ref) ?? [];
  return [said, ...skipped.map(({ names, reason }) => `${names.join(", ")} – ${reason}`)].join(" ");
}
