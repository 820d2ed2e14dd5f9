/** From a registered function to the requests that ran it. */
import type { Registration } from "../model/registrations";
import type { Page } from "../state/page";
import type { Workspace } from "../state/workspace";

/** The events of its runs, latest first, at most *limit* and only those that the log still holds. */
export function latestRuns(workspace: Workspace, row: Registration, limit: number): number[] {
  const found: number[] = [];
  const events = (row.held ?? row.runs)?.events;
  for (let i = (events?.length ?? 0) - 1; i >= 0 && found.length < limit; i--) {
    const index = events?.data[i] as number;
    if (workspace.log.event(index) !== undefined) found.push(index);
  }
  return found;
}

/** Goes to where the timeline is, with one run selected there. */
export async function showRun(
  page: Page,
  workspace: Workspace,
  event: number,
  recording: string | null,
): Promise<void> {
  const trace = workspace.log.event(event)?.traceId ?? null;
  // Before the screen changes: together they are one step of the history.
  if (trace !== null) await workspace.select(trace);
  workspace.selectEvent(event);
  if (recording === null) page.show("live");
  else await page.open(recording);
  page.announceSelection();
}

export function showLatestRun(
  page: Page,
  workspace: Workspace,
  row: Registration,
  recording: string | null,
): void {
  const [latest] = latestRuns(workspace, row, 1);
  if (latest !== undefined) void showRun(page, workspace, latest, recording);
}
