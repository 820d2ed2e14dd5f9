/** The timeline on the page: what drives it, not what it draws. */
import { blockOf } from "../../demo-data/read";
import { application, pageWith, statusItem, traceItem } from "../testing/page";
import { show } from "../testing/view";
import { TimelineView } from "./timeline_view";

const RUNNING = "e".repeat(32);
/** Of the blocks that tests write. */
const PID = 1;
const EPOCH_MS = 1_790_000_000_000;

afterEach(() => {
  vi.useRealTimers();
});

test("a request that runs grows in view without a new event, until it is complete", async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: EPOCH_MS + 100 });
  const { page } = pageWith();
  page.connection.value = { state: "connected" };
  page.sink().status(statusItem({ apps: [application({ pid: PID })] }));
  const root = { kind: "request", name: "GET /slow", at: 0, span: 1, trace_id: RUNNING };
  const block = blockOf([
    { ...root, phase: "begin" },
    { kind: "view", name: "slow", at: 1e6, span: 2, parent: 1, phase: "begin", trace_id: RUNNING },
  ]);
  page.live.log.append(block);
  const open = { events: 2, status: null, duration: null, complete: false };
  const item = traceItem({ id: RUNNING, pid: PID, ...open });
  page.live.update([item]);
  show(page, <TimelineView workspace={page.live} />);
  await page.live.select(RUNNING);
  const end = () => page.live.view.value?.[1] ?? 0;
  const reaches = (ms: number) => vi.waitFor(() => expect(end()).toBeGreaterThanOrEqual(ms * 1e6));
  await reaches(100);
  vi.setSystemTime(EPOCH_MS + 900);
  await reaches(900);
  page.live.update([{ ...item, complete: true, status: 200, duration: 2e9 }]);
  await vi.waitFor(() => expect(end()).toBeLessThan(10e6));
});

test("of a request whose process went the view holds what came, not all the time since", async () => {
  const { page } = pageWith();
  page.connection.value = { state: "connected" };
  page.sink().status(statusItem({ apps: [] }));
  page.live.log.append(
    blockOf([
      { kind: "request", name: "GET /slow", at: 0, span: 1, phase: "begin", trace_id: RUNNING },
      { kind: "log", name: "INFO", at: 1e6, phase: "instant", trace_id: RUNNING, parent: 1 },
      { kind: "log", name: "INFO", at: 900e9, phase: "instant", trace_id: "f".repeat(32) },
    ]),
  );
  page.live.update([traceItem({ id: RUNNING, status: null, duration: null, complete: false })]);
  show(page, <TimelineView workspace={page.live} />);
  await page.live.select(RUNNING);
  await vi.waitFor(() => expect(page.live.view.value?.[1]).toBeLessThan(10e6));
});
