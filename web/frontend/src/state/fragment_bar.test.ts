import { expect, it, vi } from "vitest";
import { fragmentBar } from "./fragment_bar";
import { readPlace, START, writePlace } from "./location";

it("keeps what is looked at behind the # of a file's address", () => {
  const changed = vi.fn();
  const hash = "#trace=ab&event=3";
  const window = { location: { hash }, history: { pushState: changed, replaceState: changed } };
  const bar = fragmentBar(window as unknown as Window);
  const place = readPlace(bar.location.pathname, bar.location.search);
  expect(place).toEqual({
    ...START,
    screen: "recording",
    recording: "file",
    trace: "ab",
    event: 3,
  });
  bar.history.pushState(null, "", writePlace({ ...place, event: 4 }));
  bar.history.replaceState(null, "", writePlace(START));
  expect(changed.mock.calls.map((call) => call[2])).toEqual(["#trace=ab&event=4", "#"]);
});
