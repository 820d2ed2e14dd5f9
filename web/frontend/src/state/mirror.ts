/** Keeps the address and the page the same, both ways, so that a link shows what its sender saw. */
import { effect } from "@preact/signals";
import type { EventView } from "../model/log";
import type { Folds } from "../timeline/values";
import { type Folded, isOwn, isStep, type Place, readPlace, START, writePlace } from "./location";
import type { Page } from "./page";
import type { Workspace } from "./workspace";

const NS_PER_US = 1000;
/** Browsers refuse more than a few history calls a second; a dragged cursor makes many. */
const SETTLE_MS = 250;

/** What of a window is needed here; an exported file brings its own. */
export interface AddressBar {
  readonly location: Pick<Location, "pathname" | "search">;
  readonly history: Pick<History, "pushState" | "replaceState">;
  addEventListener(type: "popstate", listener: () => void): void;
  removeEventListener(type: "popstate", listener: () => void): void;
}

/** Starts from the address, then follows both; the answer ends it. */
export function mirrorLocation(page: Page, window: AddressBar = globalThis.window): () => void {
  let shown = readPlace(window.location.pathname, window.location.search);
  let applying = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** Settles soon; a step that comes before leaves it in the history. */
  let settling: Place | null = null;

  const write = (place: Place) => {
    const step = isStep(shown, place);
    // The timeline is still where the request before was; it moves to this one after the step.
    const address = writePlace(place.trace === shown.trace ? place : { ...place, view: null });
    shown = place;
    if (step) window.history.pushState(null, "", address);
    else window.history.replaceState(null, "", address);
  };
  const settle = () => {
    if (settling !== null) write(settling);
    settling = null;
  };
  const apply = async (place: Place) => {
    applying++;
    settling = null;
    shown = place;
    await applyPlace(page, place);
    applying--;
    if (applying > 0) return;
    shown = placeOf(page);
    window.history.replaceState(null, "", writePlace(shown));
  };
  const onPopState = () => void apply(readPlace(window.location.pathname, window.location.search));

  window.addEventListener("popstate", onPopState);
  void apply(shown);
  const stop = effect(() => {
    const place = placeOf(page);
    clearTimeout(timer);
    if (applying > 0) return;
    if (isStep(shown, place)) {
      settle();
      write(place);
    } else {
      settling = place;
      timer = setTimeout(settle, SETTLE_MS);
    }
  });
  return () => {
    stop();
    clearTimeout(timer);
    window.removeEventListener("popstate", onPopState);
  };
}

/** Where the page is now. What was chosen by nobody (the newest request) is not worth a link. */
export function placeOf(page: Page): Place {
  const screen = page.screen.value;
  if (screen === "recordings") return { ...START, screen };
  if (isOwn(screen)) return { ...START, screen, own: page.own.value };
  const recording = page.onRecording.value ? (page.opened.value?.id ?? null) : null;
  const workspace = page.current.value;
  const common = {
    ...START,
    screen,
    recording,
    table: workspace.table.value,
    filter: workspace.filter.value,
    map: screen === "map" ? page.map.value : START.map,
    tab: page.tab.value,
    speed: page.player.value?.speed.value ?? null,
    ownOnly: workspace.ownOnly.value,
    folded: foldedIn(workspace),
  };
  const trace = workspace.trace.value;
  if (!workspace.pinned.value || trace === null) return common;
  const start = workspace.traceStart.value;
  const relative = (time: number | null) =>
    time === null || start === null ? null : (time - start) / NS_PER_US;
  const view = workspace.view.value;
  return {
    ...common,
    trace,
    scale: page.preferences.scale.value,
    event: workspace.selectedEvent.value?.seq ?? null,
    cursor: relative(workspace.cursor.value),
    view:
      view === null || start === null
        ? null
        : [(view[0] - start) / NS_PER_US, (view[1] - start) / NS_PER_US],
  };
}

function foldedIn(workspace: Workspace): Folded {
  workspace.foldsRevision.value;
  const { folds, log, pinned } = workspace;
  const trace = pinned.value ? workspace.trace.value : null;
  // Numbers mean something beside their trace only.
  const seqs = (events: Iterable<number>) =>
    [...events]
      .map((index) => log.event(index))
      .filter((event) => event !== undefined && event.traceId === trace)
      .map((event) => (event as EventView).seq);
  return {
    lanes: [...folds.lanes],
    idle: folds.idle,
    opened: seqs([...firstOpened(folds), ...folds.wanted]),
    rows: seqs(workspace.closedRows.value),
  };
}

/** Of all that was opened together, what the same view led to, the first span. */
function firstOpened({ opened }: Folds): Iterable<number> {
  return new Map([...opened].reverse().map(([span, view]) => [view, span])).values();
}

async function applyPlace(page: Page, place: Place): Promise<void> {
  if (place.screen === "recordings" || isOwn(place.screen)) {
    page.show(place.screen, place.own);
    return;
  }
  if (place.recording !== null) {
    await page.open(place.recording, {
      screen: place.screen,
      fromStart: place.trace === null,
      prepare: (workspace) => applyView(page, workspace, place),
    });
    if (page.opened.value?.id !== place.recording) return;
  } else {
    page.show("live");
    applyView(page, page.live, place);
  }
  if (place.screen === "map") {
    page.map.value = place.map;
    page.show("map");
  }
  const workspace = page.current.value;
  if (place.trace !== null) {
    await applySelection(workspace, place, place.trace);
    await applySpeed(page, place.speed);
  } else if (workspace === page.live && workspace.pinned.value) page.followNewest();
}

/** How it is looked at, whatever is selected. */
function applyView(page: Page, workspace: Workspace, place: Place): void {
  if (place.scale !== null) page.preferences.scale.value = place.scale;
  workspace.table.value = place.table;
  workspace.filter.value = place.filter;
  page.tab.value = place.tab;
  workspace.ownOnly.value = place.ownOnly;
  const { folds } = workspace;
  folds.idle = place.folded.idle;
  folds.lanes.clear();
  for (const lane of place.folded.lanes) folds.lanes.add(lane);
}

/** On the live screen a speed says that the transport bar is there. */
async function applySpeed(page: Page, speed: number | null): Promise<void> {
  if (speed === null) page.endPlayback();
  else if (page.screen.value === "live") await page.startPlayback();
  if (speed !== null && page.player.value !== null) page.player.value.speed.value = speed;
}

async function applySelection(workspace: Workspace, place: Place, trace: string): Promise<void> {
  await workspace.select(trace, { fit: place.view === null });
  const start = workspace.startOf(trace);
  if (start === null) return;
  const index = place.event === null ? null : workspace.indexOfSeq(trace, place.event);
  if (index !== null) workspace.selectEvent(index);
  const indexes = (seqs: readonly number[]) =>
    seqs.map((seq) => workspace.indexOfSeq(trace, seq)).filter((found) => found !== null);
  workspace.closedRows.value = new Set(indexes(place.folded.rows));
  workspace.folds.opened.clear();
  workspace.folds.wanted = indexes(place.folded.opened);
  // The address is rounded: a cursor that stands at the event is better left exactly there.
  const cursor = place.cursor === null ? null : start + place.cursor * NS_PER_US;
  const current = workspace.cursor.value;
  if (cursor !== null && (current === null || Math.abs(cursor - current) > NS_PER_US)) {
    workspace.moveCursor(cursor);
  }
  if (place.view !== null) {
    const [from, to] = place.view;
    const view = { start: start + from * NS_PER_US, end: start + to * NS_PER_US };
    workspace.view.value = [view.start, view.end];
    workspace.viewTouched = true;
    workspace.timeline?.setView(view);
  }
}
