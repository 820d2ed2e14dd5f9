/** What stands in the address: `/recordings/<id>?trace=…&event=…`. Read and written here only. */

import type { TimeScale } from "../timeline/values";

/** Shares of the real speed at which is played; 1 is as fast as it was. */
export const SPEEDS = [0.001, 0.01, 0.1, 0.5, 1, 2, 10] as const;

/** About the selected event, beside its figures. */
export const TABS = ["source", "why", "state", "attributes"] as const;
export type Tab = (typeof TABS)[number];

export type Screen = "live" | "recordings" | "recording" | "map" | OwnScreen;

/** Screens that read and write the query of their address by themselves; they come when asked for. */
export type OwnScreen = "hooks" | "compare" | "learn";
const OWN: ReadonlySet<string> = new Set<OwnScreen>(["hooks", "compare", "learn"]);

/** What the lifecycle map shows beside the selected request. */
export interface MapOptions {
  /** Lit by all loaded requests. */
  all: boolean;
  /** Only the steps that ran. */
  ran: boolean;
  /** Drawn by the order of another Flask, a line such as "2.2". */
  flask: string | null;
  /** A selected step that has no event: it did not run. */
  step: string | null;
}

export const PLAIN_MAP: MapOptions = { all: false, ran: false, flask: null, step: null };

/** What is folded and opened, in the timeline and in the table. */
export interface Folded {
  /** Names of lanes, as `laneKey` makes them. */
  lanes: readonly string[];
  /** Whether each idle lane has a line; null: where there is room. */
  idle: boolean | null;
  /** `seq` of the first span of each opened repeat, and of each row that hides those below it. */
  opened: readonly number[];
  rows: readonly number[];
}

const NOTHING_FOLDED: Folded = { lanes: [], idle: null, opened: [], rows: [] };

export interface Place {
  screen: Screen;
  /** Id of the opened recording, on its screen and on the map. */
  recording: string | null;
  trace: string | null;
  /** `seq` of the selected event, which counts within its process. */
  event: number | null;
  /** Time of the cursor, microseconds from the start of the selected trace. */
  cursor: number | null;
  /** Start and end of the visible time, microseconds from the start of the selected trace. */
  view: readonly [number, number] | null;
  table: boolean;
  /** How the axis shows time; null leaves it as the reader has it. */
  scale: TimeScale | null;
  filter: string;
  /** Query of an {@link OwnScreen}, without the question mark. */
  own: string;
  map: MapOptions;
  /** Null as long as none was chosen. */
  tab: Tab | null;
  /** Share of the real speed at which the transport bar plays; null without one. */
  speed: number | null;
  /** Without what the framework does for every application. */
  ownOnly: boolean;
  folded: Folded;
}

export const START: Place = {
  screen: "live",
  recording: null,
  trace: null,
  event: null,
  cursor: null,
  view: null,
  table: false,
  scale: null,
  filter: "",
  own: "",
  map: PLAIN_MAP,
  tab: null,
  speed: null,
  ownOnly: false,
  folded: NOTHING_FOLDED,
};

/** The place that an address names; whatever cannot be read is left at its start. */
export function readPlace(pathname: string, search: string): Place {
  const params = new URLSearchParams(search);
  const [, name, id] = pathname.split("/");
  if (isOwn(name)) return { ...START, screen: name, own: search.replace(/^\?/, "") };
  const isMap = name === "map";
  const named = name === "recordings" && id ? decoded(id) : null;
  const recording = isMap ? params.get("recording") : named;
  return {
    screen: isMap ? "map" : name === "recordings" ? (named ? "recording" : "recordings") : "live",
    recording,
    trace: params.get("trace"),
    event: whole(params.get("event")),
    cursor: decimal(params.get("cursor")),
    view: range(params.get("view")),
    table: params.get("table") === "1",
    scale: scaleIn(params.get("scale")),
    filter: params.get("q") ?? "",
    own: "",
    map: isMap ? mapOptions(params) : PLAIN_MAP,
    tab: TABS.find((tab) => tab === params.get("tab")) ?? null,
    speed: speedIn(params.get("speed")),
    ownOnly: params.get("own") === "1",
    folded: foldedIn(params),
  };
}

/** Path and query for *place*; what is at its start is left out. */
export function writePlace(place: Place): string {
  if (isOwn(place.screen)) return `/${place.screen}${place.own ? `?${place.own}` : ""}`;
  const params = new URLSearchParams();
  if (place.trace) params.set("trace", place.trace);
  if (place.event !== null) params.set("event", String(place.event));
  if (place.cursor !== null) params.set("cursor", rounded(place.cursor));
  if (place.view) params.set("view", place.view.map(rounded).join("_"));
  if (place.scale) params.set("scale", place.scale);
  if (place.table) params.set("table", "1");
  if (place.speed !== null) params.set("speed", String(place.speed));
  if (place.tab) params.set("tab", place.tab);
  if (place.filter) params.set("q", place.filter);
  if (place.screen === "map") setMapOptions(params, place);
  if (place.ownOnly) params.set("own", "1");
  setFolded(params, place.folded);
  const query = params.toString();
  return `${pathOf(place)}${query ? `?${query}` : ""}`;
}

/** True when going from one to the other deserves a step in the history. */
export function isStep(from: Place, to: Place): boolean {
  return (
    from.screen !== to.screen ||
    (to.screen === "learn" && from.own !== to.own) ||
    from.recording !== to.recording ||
    from.trace !== to.trace ||
    from.table !== to.table ||
    from.map.all !== to.map.all ||
    from.map.flask !== to.map.flask
  );
}

export function isOwn(screen: string | undefined): screen is OwnScreen {
  return OWN.has(screen ?? "");
}

function pathOf(place: Place): string {
  if (place.screen === "live") return "/";
  if (place.screen === "map") return "/map";
  return place.recording ? `/recordings/${encodeURIComponent(place.recording)}` : "/recordings";
}

function mapOptions(params: URLSearchParams): MapOptions {
  const flask = params.get("flask");
  return {
    all: params.get("all") === "1",
    ran: params.get("ran") === "1",
    flask: flask !== null && /^\d+\.\d+$/.test(flask) ? flask : null,
    step: params.get("step"),
  };
}

function setMapOptions(params: URLSearchParams, { recording, map }: Place): void {
  if (recording !== null) params.set("recording", recording);
  if (map.all) params.set("all", "1");
  if (map.ran) params.set("ran", "1");
  if (map.flask !== null) params.set("flask", map.flask);
  if (map.step !== null) params.set("step", map.step);
}

function foldedIn(params: URLSearchParams): Folded {
  const idle = params.get("idle");
  const numbers = (name: string) => (params.get(name) ?? "").split("_").filter(isWhole).map(Number);
  return {
    lanes: params.getAll("fold"),
    idle: idle === "1" || idle === "0" ? idle === "1" : null,
    opened: numbers("open"),
    rows: numbers("closed"),
  };
}

function setFolded(params: URLSearchParams, { lanes, idle, opened, rows }: Folded): void {
  for (const lane of lanes) params.append("fold", lane);
  if (idle !== null) params.set("idle", idle ? "1" : "0");
  if (opened.length > 0) params.set("open", opened.join("_"));
  if (rows.length > 0) params.set("closed", rows.join("_"));
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

function scaleIn(text: string | null): TimeScale | null {
  return text === "steps" || text === "time" ? text : null;
}

function speedIn(text: string | null): number | null {
  const share = decimal(text);
  return share !== null && (SPEEDS as readonly number[]).includes(share) ? share : null;
}

function whole(text: string | null): number | null {
  return text !== null && isWhole(text) ? Number(text) : null;
}

function isWhole(text: string): boolean {
  return /^\d+$/.test(text);
}

function decimal(text: string | null): number | null {
  return text !== null && /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : null;
}

function range(text: string | null): readonly [number, number] | null {
  const [start, end] = (text ?? "").split("_").map(decimal);
  return start != null && end != null && end > start ? [start, end] : null;
}

function rounded(value: number): string {
  return String(Math.round(value * 10) / 10);
}
