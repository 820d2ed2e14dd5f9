/** What the lifecycle map shows, and how one of its events is shown. */
import type { Counts } from "../model/lifecycle/counts";
import type { LifecycleMap, Row } from "../model/lifecycle/map";
import type { Page } from "../state/page";
import type { WholeMaps } from "../state/whole_maps";
import type { Workspace } from "../state/workspace";

/** What the screen shows: the map of the selected request, and its selected row. */
export interface Shown {
  map: LifecycleMap;
  /** All handlings in the selected trace. */
  maps: readonly LifecycleMap[];
  /** Null unless all requests light the map. */
  counts: Counts | null;
  /** Where the page holds a part of a recording: the counts of all of it, when they are there. */
  whole: WholeMaps | null;
  rows: readonly Row[];
  selected: Row | null;
}

/** Shows an event, in place of a step without one. */
export function showEvent(page: Page, workspace: Workspace, event: number): void {
  workspace.selectEvent(event);
  page.map.value = { ...page.map.value, step: null };
}
