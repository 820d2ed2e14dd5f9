/** From the composer's form to a request. */
import { application } from "../testing/page";
import {
  buildRequest,
  byLesson,
  type Draft,
  EMPTY_DRAFT,
  fillRule,
  parseDraft,
  ruleFields,
} from "./composer";
import { sampleApps } from "./samples";

const draft = (change: Partial<Draft>): Draft => ({
  ...EMPTY_DRAFT,
  app: "app-1",
  useJar: false,
  ...change,
});

test("a rule's arguments are read with their converters", () => {
  expect(ruleFields('/<lang>/<int(min=1):page>/<any("a)>", b):kind>/<path:rest>')).toEqual([
    { name: "lang", converter: "string" },
    { name: "page", converter: "int" },
    { name: "kind", converter: "any" },
    { name: "rest", converter: "path" },
  ]);
});

test("values are percent-encoded, and slashes stay in a path", () => {
  const values = { name: "a/b ü?", rest: "x y/z" };
  expect(fillRule("/u/<name>/<path:rest>", values)).toBe("/u/a%2Fb%20%C3%BC%3F/x%20y/z");
});

test("a whole draft makes a whole request", () => {
  const built = buildRequest(
    draft({
      rule: "/cart/<int:cart_id>",
      values: { cart_id: "7" },
      method: "POST",
      query: [
        { name: "tag", value: "a" },
        { name: "tag", value: "b" },
        { name: "", value: "dropped" },
      ],
      headers: [{ name: "X-Client", value: "a tablet" }],
      bodyKind: "form",
      form: [{ name: "item", value: "tea" }],
      useJar: true,
      jar: "browser",
    }),
  );
  expect(built).toEqual({
    request: {
      method: "POST",
      path: "/cart/7",
      query: { tag: ["a", "b"] },
      headers: { "X-Client": "a tablet" },
      form: { item: "tea" },
      cookie_jar: "browser",
    },
  });
});

test("a JSON body is sent as what it says", () => {
  const built = buildRequest(draft({ bodyKind: "json", json: '{"n": [1, null]}' }));
  expect(built).toEqual({ request: { method: "GET", path: "/", json: { n: [1, null] } } });
});

test.each([
  [draft({ app: null }), "composer.noApp"],
  [draft({ rule: "/cart/<int:cart_id>" }), "composer.missing"],
  [draft({ bodyKind: "json", json: "{" }), "composer.badJson"],
  [draft({ path: "//elsewhere/x" }), "composer.badPath"],
  [draft({ path: "x" }), "composer.badPath"],
])("what is missing or wrong is named (%#)", (wrong, key) => {
  expect(buildRequest(wrong)).toMatchObject({ problem: { key } });
});

test("a remembered draft that is none is forgotten", () => {
  expect(parseDraft("not JSON")).toEqual(EMPTY_DRAFT);
  expect(parseDraft("3")).toEqual(EMPTY_DRAFT);
  expect(parseDraft('{"method": "POST"}')).toEqual({ ...EMPTY_DRAFT, method: "POST" });
});

test("samples stand under their lessons, in the order in which they were announced", () => {
  const sample = (lesson: string, title: string) => ({
    lesson,
    title,
    text: "",
    method: "GET",
    path: "/",
  });
  const second = application({ id: "b", samples: [sample("12O", "Two apps: app02 answers")] });
  const first = application({
    id: "a",
    samples: [sample("10A", "The order of hooks"), sample("12O", "Two apps: app01 answers")],
  });
  const gone = application({ id: "c", connected: false, samples: [sample("7A", "x")] });
  const lessons = byLesson(sampleApps([first, second, gone]));
  expect(
    lessons.map(({ title, samples }) => [title, samples.map((one) => [one.label, one.app.id])]),
  ).toEqual([
    ["The order of hooks", [["The order of hooks", "a"]]],
    [
      "Two apps",
      [
        ["app01 answers", "a"],
        ["app02 answers", "b"],
      ],
    ],
  ]);
});
