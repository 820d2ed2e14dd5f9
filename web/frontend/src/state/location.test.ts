/** Addresses and places are the same thing in two forms. */
import { isStep, PLAIN_MAP, type Place, readPlace, START, writePlace } from "./location";

function read(address: string): Place {
  const url = new URL(address, "http://dashboard");
  return readPlace(url.pathname, url.search);
}

test("the plain address is the live screen", () => {
  expect(read("/")).toEqual(START);
  expect(writePlace(START)).toBe("/");
});

test("a whole place survives the address", () => {
  const place: Place = {
    screen: "recording",
    recording: "a/b ü",
    trace: "c".repeat(32),
    event: 17,
    cursor: 1234.5,
    view: [-10, 18400.5],
    table: true,
    scale: "time",
    ownOnly: true,
    tab: "state",
    speed: 0.1,
    filter: "status:5xx /cart?x=1&y=2",
    own: "",
    map: PLAIN_MAP,
    folded: { lanes: ["7/Thread-1 (work)", "7/&?"], idle: false, opened: [3, 9], rows: [4] },
  };
  expect(read(writePlace(place))).toEqual(place);
});

test("a screen with a query of its own keeps it as it is", () => {
  const place: Place = { ...START, screen: "hooks", own: "show=never&q=trace%3Da" };
  expect(writePlace(place)).toBe("/hooks?show=never&q=trace%3Da");
  expect(read(writePlace(place))).toEqual(place);
  expect(read("/compare")).toEqual({ ...START, screen: "compare" });
});

test("each lesson is a step in the history, other changes of a screen's own query are not", () => {
  const lesson = (own: string): Place => ({ ...START, screen: "learn", own });
  expect(isStep(lesson("lesson=10A"), lesson("lesson=10B"))).toBe(true);
  expect(isStep(lesson("lesson=10A"), lesson("lesson=10A"))).toBe(false);
  const hooks = (own: string): Place => ({ ...START, screen: "hooks", own });
  expect(isStep(hooks("sort=name"), hooks("sort=runs"))).toBe(false);
});

test("the lifecycle map has an address of its own, for a recording as well", () => {
  const place: Place = {
    ...START,
    screen: "map",
    recording: "a/b ü",
    trace: "c".repeat(32),
    event: 17,
    map: { all: true, ran: true, flask: "2.2", step: "before_request|shop|csrf|2" },
  };
  expect(read(writePlace(place))).toEqual(place);
  expect(read("/map")).toEqual({ ...START, screen: "map" });
  expect(writePlace({ ...START, screen: "map" })).toBe("/map");
  expect(read("/map?flask=new&all=yes")).toEqual({ ...START, screen: "map" });
});

test("what cannot be read is left at its start", () => {
  expect(read("/?event=x&cursor=1e9&view=5_1&table=yes&scale=log&token=abc")).toEqual(START);
  expect(read("/recordings/%E0%A4%A")).toEqual({ ...START, screen: "recordings" });
});

test("another request or screen is a step of the history, movements in it are not", () => {
  expect(isStep(START, { ...START, trace: "a" })).toBe(true);
  expect(isStep(START, { ...START, table: true })).toBe(true);
  expect(isStep(START, { ...START, event: 1, cursor: 5, view: [0, 1], filter: "x" })).toBe(false);
});
