/** The short list of recordings under the requests. */
import { pageWith, recordingItem, statusItem } from "../testing/page";
import { show } from "../testing/view";
import { RecentRecordings } from "./recent_recordings";

test("the one that runs grows, and one that the dashboard's end interrupted says so", () => {
  const { page } = pageWith();
  const sink = page.sink();
  sink.recordings([
    recordingItem({ id: "2", state: "recording", bytes: 0 }),
    recordingItem({ id: "1", state: "interrupted" }),
  ]);
  sink.status(
    statusItem({ recording: recordingItem({ id: "2", state: "recording", bytes: 4180 }) }),
  );
  const { container } = show(page, <RecentRecordings />);
  expect([...container.querySelectorAll("a")].map((a) => a.textContent)).toEqual([
    "login bug4.18 kBrecording",
    "login bug41.2 kB121 events · interrupted",
  ]);
});
