/**
 * What the timeline draws besides bars, contexts, signals and their labels, and what folds and
 * unfolds. It comes in right after the first picture: the first script is kept small.
 */
export { drawCallouts } from "./draw_callouts";
export { drawGhosts } from "./draw_ghosts";
export { drawHandOvers } from "./draw_handovers";
export { drawInstants } from "./draw_instants";
export { drawJumps } from "./draw_jumps";
export { drawDispatches, drawMount } from "./draw_links";
export { drawRepeats, foldAt } from "./draw_repeats";
export { drawRibbonTexts } from "./draw_ribbon";
export { Folding, type FoldingHost } from "./folding";
export { drawGhostLegend } from "./legend";
