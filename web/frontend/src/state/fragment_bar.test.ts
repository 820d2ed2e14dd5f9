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

it("leads to the map and to the hooks of what is in the file, to no other screen", () => {
  const changed = vi.fn();
  const window = { location: { hash: "" }, history: { pushState: changed, replaceState: changed } };
  const bar = fragmentBar(window as unknown as Window);
  const there = (address: string) => {
    bar.history.pushState(null, "", address);
    window.location.hash = changed.mock.lastCall?.[2] as string;
    return readPlace(bar.location.pathname, bar.location.search);
  };
  const map = { ...START, screen: "map" as const, recording: "file", trace: "ab" };
  expect(there(writePlace(map))).toEqual(map);
  const hooks = { ...START, screen: "hooks" as const, own: "recording=file&show=never" };
  expect(there(writePlace(hooks))).toEqual(hooks);
  const compare = { ...START, screen: "compare" as const, own: "a=1&b=2" };
  expect(there(writePlace(compare)).screen).toBe("recording");
});
