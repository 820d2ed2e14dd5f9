/** The timeline's dashed steps: what an interception skipped, and why. */
import { recorded } from "../../demo-data/lifecycle";
import { Workspace } from "../state/workspace";
import { pageWith } from "../testing/page";
import { ghostsOf, ghostsRevision, loadGhosts } from "./ghosts";

async function ghosts(name: string) {
  const { log, registered, traces } = recorded(name);
  const { page } = pageWith({ "GET /api/apps/registry": { items: registered } });
  const workspace = new Workspace(async () => new ArrayBuffer(0), log);
  await workspace.select(traces[0] as string, { fetch: false });
  await loadGhosts();
  const guard = log
    .eventsOf(traces[0] as string)
    .find((index) => log.event(index)?.kind === "before_request") as number;
  return { page, workspace, guard };
}

test("what one function kept from running, by name and with the reason", async () => {
  const { page, workspace, guard } = await ghosts("interception");
  // As long as nothing was announced, only what the events tell.
  expect(ghostsOf(page, workspace, guard)?.names).toEqual(["view index"]);
  const before = ghostsRevision.value;
  await vi.waitFor(() => expect(ghostsRevision.value).toBeGreaterThan(before));
  expect(ghostsOf(page, workspace, guard)).toEqual({
    names: ["never", "view index"],
    reason: "skipped: guard returned a response · apps.py:96",
  });
});

test("what answered nothing has no ghosts, and another request than the selected one neither", async () => {
  const plain = await ghosts("two_and_two");
  expect(ghostsOf(plain.page, plain.workspace, plain.guard)).toBe(null);
  const { page, workspace, guard } = await ghosts("interception");
  workspace.deselect();
  expect(ghostsOf(page, workspace, guard)).toBe(null);
});
