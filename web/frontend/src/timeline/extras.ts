/**
 * What the timeline draws besides bars, contexts, signals and labels. It comes in right after the
 * first picture: the first script is kept small.
 */
export { drawGhosts } from "./draw_ghosts";
export { drawHandOvers } from "./draw_handovers";
export { drawJumps } from "./draw_jumps";
export { drawRepeats, type Fold, foldAround, foldAt, membersOf, timesOf } from "./draw_repeats";
export { drawGhostLegend } from "./legend";
