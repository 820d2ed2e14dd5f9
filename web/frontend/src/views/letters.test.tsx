/** A key pressed right after a drawing meets what is drawn. */
import "../prompt_effects";
import { render } from "preact";
import type { Page } from "../state/page";
import { pageWith } from "../testing/page";
import { useLetters } from "./letters";

const said: string[] = [];
const host = document.body.appendChild(document.createElement("main"));

function Screen({ page, name }: { page: Page; name: string }) {
  useLetters(page, (key) => {
    said.push(`${key} on ${name}`);
    return key === "n";
  });
  return (
    <>
      <input />
      <input type="radio" />
    </>
  );
}

function press(key: string, target: Element = document.body): boolean {
  return !target.dispatchEvent(
    new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }),
  );
}

beforeEach(() => {
  // As long as nothing is painted.
  vi.stubGlobal("requestAnimationFrame", () => 0);
  said.length = 0;
});

afterEach(() => {
  render(null, host);
  vi.unstubAllGlobals();
});

test("the first key after a screen was drawn, and the first after it was drawn anew", async () => {
  const { page } = pageWith();
  render(<Screen page={page} name="one" />, host);
  await Promise.resolve();
  expect([press("N"), press("q")]).toEqual([true, false]);
  render(<Screen page={page} name="two" />, host);
  expect(press("n")).toBe(true);
  expect(said).toEqual(["n on one", "q on one", "n on two"]);
});

test("nothing is heard of a screen that is gone", async () => {
  const { page } = pageWith();
  render(<Screen page={page} name="one" />, host);
  await Promise.resolve();
  render(null, host);
  await Promise.resolve();
  press("n");
  expect(said).toEqual([]);
});

test("letters belong to a field, not to a choice, and single keys can be turned off", async () => {
  const { page } = pageWith();
  render(<Screen page={page} name="one" />, host);
  await Promise.resolve();
  const [field, choice] = host.children;
  press("a", field);
  press("b", choice);
  page.preferences.singleKeys.value = false;
  press("c");
  expect(said).toEqual(["b on one"]);
});
