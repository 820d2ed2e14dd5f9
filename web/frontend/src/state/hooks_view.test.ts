/** The address of Hooks & signals, and what it leaves of the rows. */
import { logOf } from "../../demo-data/read";
import { registrationsOf } from "../model/registrations";
import { runsIn } from "../model/runs";
import { csvOf } from "../views/hooks_csv";
import {
  type HooksView,
  isShown,
  narrowed,
  readHooksView,
  sorted,
  sortedBy,
  writeHooksView,
} from "./hooks_view";

const PLAIN = readHooksView("");

const ROWS = registrationsOf(
  [
    {
      app: "shop",
      agent: "a",
      routes: [],
      registry: [
        { kind: "before_request", name: "b_second", order: 2, file: "shop/a.py", line: 9 },
        { kind: "before_request", name: "a_first", order: 1, file: "shop/b.py", line: 4 },
        { kind: "extension", name: "=SUM(1)", order: 1, registered_by: 'x"y' },
      ],
    },
    {
      app: "billing",
      agent: "a",
      routes: [],
      registry: [{ kind: "after_request", name: "close", order: 1, file: "shop/b.py", line: 10 }],
    },
  ],
  runsIn(
    logOf([
      {
        kind: "before_request",
        name: "b_second",
        app: "shop",
        phase: "begin",
        span: 1,
        at: 1,
        attributes: { file: "shop/a.py", line: 9, order: 2, scope: null },
      },
      {
        kind: "before_request",
        name: "b_second",
        app: "shop",
        phase: "end",
        span: 1,
        at: 2_000_001,
      },
    ]),
  ),
);
const names = (view: Partial<HooksView>) =>
  sorted(narrowed(ROWS, { ...PLAIN, ...view }), { ...PLAIN, ...view }).map(({ name }) => name);

test("the plain address shows everything in the order of a request", () => {
  expect(writeHooksView(PLAIN)).toBe("");
  expect(names({})).toEqual(["a_first", "b_second", "close", "=SUM(1)"]);
});

test("a whole view survives the address", () => {
  const view: HooksView = {
    recording: "12",
    shown: "never",
    app: "a/b ü",
    sort: "runs",
    descending: false,
    filter: "shop &= x",
    row: "shop|view||i||/a",
  };
  expect(readHooksView(writeHooksView(view))).toEqual(view);
  expect(readHooksView("show=nonsense&sort=nothing")).toEqual(PLAIN);
});

test("numbers sort from the largest, words from the first, and a second press turns it round", () => {
  const byRuns = sortedBy(PLAIN, "runs");
  expect([byRuns.descending, sortedBy(byRuns, "runs").descending]).toEqual([true, false]);
  expect(sortedBy(byRuns, "name").descending).toBe(false);
  expect(names(byRuns)[0]).toBe("b_second");
  // Lines as numbers: 4 before 10.
  expect(names({ sort: "place" })).toEqual(["=SUM(1)", "b_second", "a_first", "close"]);
});

test("application and words narrow, categories tell how many are left", () => {
  expect(names({ app: "billing" })).toEqual(["close"]);
  expect(names({ filter: "SHOP/b 4" })).toEqual([]);
  expect(names({ filter: "shop/b before" })).toEqual(["a_first"]);
  const never = ROWS.filter((row) => isShown(row, "never")).map(({ name }) => name);
  // An extension has no runs that could be counted, so it did not fail to run.
  expect(never).toEqual(["a_first", "close"]);
});

test("as CSV every field is quoted where it must be, and nothing is a formula", () => {
  expect(csvOf(ROWS).split("\r\n").slice(1)).toEqual([
    "shop,before_request,1,a_first,,,,shop/b.py,4,0,,",
    "shop,before_request,2,b_second,,,,shop/a.py,9,1,2.000000,2.000000",
    "billing,after_request,1,close,,,,shop/b.py,10,0,,",
    `shop,extension,,'=SUM(1),,,"x""y",,,,,`,
    "",
  ]);
});
