/** Lanes that only grow while the reader moves the view: rows that come and go must not shake the rest. */
import type { LaneLayout, Layout } from "./layout";

export class SteadyLanes {
  private heights = new Map<number, number>();

  /** Keeps every lane as high as it has been since the view last rested; `isMoving` says whether it does not. */
  steady(layout: Layout, isMoving: boolean): Layout {
    if (!isMoving) {
      this.heights = new Map(layout.lanes.map((lane) => [lane.lane, lane.height]));
      return layout;
    }
    let shift = 0;
    for (const lane of layout.lanes) {
      moveDown(lane, shift);
      const kept = lane.collapsed
        ? lane.height
        : Math.max(lane.height, this.heights.get(lane.lane) ?? 0);
      shift += kept - lane.height;
      lane.height = kept;
      this.heights.set(lane.lane, kept);
    }
    if (layout.folded) layout.folded.y += shift;
    layout.height += shift;
    return layout;
  }
}

function moveDown(lane: LaneLayout, by: number): void {
  if (by === 0) return;
  lane.y += by;
  if (lane.rail !== null) lane.rail += by;
  if (lane.ribbon !== null) lane.ribbon.y += by;
  for (const row of lane.rows) row.y += by;
  for (const box of lane.sleeves) {
    box.top += by;
    box.bottom += by;
  }
}
