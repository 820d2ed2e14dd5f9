/** Which key does what, and when it does nothing. */
import { BINDINGS, bindingFor, listenForKeys } from "./keys";
import { CART, inventedFrame, pageWith } from "./testing/page";

function press(key: string, target: Element = document.body, init: KeyboardEventInit = {}) {
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...init });
  target.dispatchEvent(event);
  return event;
}

afterEach(() => {
  document.body.replaceChildren();
});

test("keys act on the page", () => {
  const { page } = pageWith();
  const stop = listenForKeys(page, document);
  press("t");
  expect(page.live.table.value).toBe(true);
  press(" ");
  expect(page.live.frozen.value).toBe(true);
  press("?");
  expect(page.helpOpen.value).toBe(true);
  stop();
});

test.each(["recordings", "hooks", "compare", "learn"] as const)(
  "the list of keys opens without a timeline as well, which has the other keys: %s",
  (screen) => {
    const { page, asked } = pageWith();
    const stop = listenForKeys(page, document);
    page.screen.value = screen;
    press("t");
    press("r");
    press("?");
    expect([page.live.table.value, page.helpOpen.value, asked]).toEqual([false, true, []]);
    stop();
  },
);

test("X goes from steps to time and back, and the page remembers", () => {
  const { page } = pageWith();
  const stop = listenForKeys(page, document);
  expect(page.preferences.scale.value).toBe("steps");
  press("x");
  expect(page.preferences.scale.value).toBe("time");
  expect(localStorage.getItem("flaskscope.scale")).toBe('"time"');
  press("x");
  expect(page.preferences.scale.value).toBe("steps");
  stop();
});

test("a step from event to event is spoken", async () => {
  const { page } = pageWith();
  page.sink().frame(inventedFrame());
  await page.live.select(CART);
  const stop = listenForKeys(page, document);
  press(".");
  expect(page.announcement.value).toMatch(/ at \d/);
  stop();
});

test("never inside fields, never with a modifier, and Space presses a focused button", () => {
  const { page } = pageWith();
  const stop = listenForKeys(page, document);
  for (const tag of ["input", "textarea", "select"]) {
    const field = document.body.appendChild(document.createElement(tag));
    press("t", field);
  }
  press("t", document.body, { ctrlKey: true });
  press(" ", document.body.appendChild(document.createElement("button")));
  expect(page.live.table.value).toBe(false);
  expect(page.live.frozen.value).toBe(false);
  stop();
});

test("a slider and a choice keep what moves them, and leave the letters to the page", () => {
  const { page } = pageWith();
  const keyOn = (type: string) => (key: string) => {
    const field = document.body.appendChild(document.createElement("input"));
    field.type = type;
    const event = new KeyboardEvent("keydown", { key });
    Object.defineProperty(event, "target", { value: field });
    return bindingFor(event, page)?.text;
  };
  const keys = ["ArrowLeft", ".", " "];
  expect(keys.map(keyOn("range"))).toEqual([undefined, "key.step", "key.freeze"]);
  expect(keys.map(keyOn("radio"))).toEqual([undefined, "key.step", undefined]);
});

test("one setting turns single keys off; Escape still works", () => {
  const { page } = pageWith();
  page.preferences.singleKeys.value = false;
  page.composerOpen.value = true;
  const stop = listenForKeys(page, document);
  press("t");
  press("Escape");
  expect(page.live.table.value).toBe(false);
  expect(page.composerOpen.value).toBe(false);
  stop();
});

test("what a panel has handled already is left alone", () => {
  const { page } = pageWith();
  const event = new KeyboardEvent("keydown", { key: "t", cancelable: true });
  event.preventDefault();
  expect(bindingFor(event, page)).toBeNull();
});

test("no key is bound twice", () => {
  const keys = BINDINGS.flatMap((binding) => binding.keys);
  expect(new Set(keys).size).toBe(keys.length);
});
