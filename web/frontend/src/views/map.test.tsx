/** The lifecycle map, over recorded requests. */
import { fireEvent, screen, within } from "@testing-library/preact";
import { recorded } from "../../demo-data/lifecycle";
import type { Page } from "../state/page";
import { Workspace } from "../state/workspace";
import { pageWith } from "../testing/page";
import { AXE_MS, show, violations } from "../testing/view";
import { MapScreen } from "./map";

/** The page with the requests of a situation, the first of them selected. */
async function shown(name: string, { announced = true, flask = "3.1" } = {}) {
  const { log, registered, traces } = recorded(name, flask);
  const answers = { "GET /api/apps/registry": { items: announced ? registered : [] } };
  const { page } = pageWith(answers);
  const workspace = new Workspace(async () => new ArrayBuffer(0), log);
  await workspace.select(traces[0] as string, { fetch: false });
  page.screen.value = "map";
  const { container } = show(page, <MapScreen workspace={workspace} />);
  if (announced) await screen.findByText(/lit by/);
  return { page, workspace, container, traces };
}

const diagram = () => screen.getByRole("listbox", { name: /^Steps/ });
const texts = () =>
  within(diagram())
    .getAllByRole("option")
    .map((option) => option.textContent.replace(/[\d.]+ (µs|ms)$/, ""));
const option = (step: string) =>
  within(diagram())
    .getAllByRole("option")
    .find((row) => row.dataset.step === step) as HTMLElement;
const title = () => screen.getByTestId("step-title").textContent;

test("a request that a hook answered: what ran, what was skipped and by whom", async () => {
  await shown("interception");
  expect(texts().slice(9, 16)).toEqual([
    "10signal request_startedno receivers",
    "11url_value_preprocessornone registered",
    "12before_request guardreturned str: Flask stops looking here",
    "13before_request neverskipped: guard returned a response · apps.py:96",
    "14view indexskipped: guard returned a response · apps.py:96",
    "15template.loadskipped: the view did not run",
    "16template.renderskipped: the view did not run",
  ]);
  expect(screen.getByTestId("order").textContent).toBe("✓ In the documented order");
});

test("the contexts are frames around their steps", async () => {
  await shown("two_and_two");
  const frames = within(diagram()).getAllByRole("group");
  expect(frames.map((frame) => frame.getAttribute("aria-label"))).toEqual([
    "AppContext",
    "RequestContext",
  ]);
  const steps = within(frames[1] as HTMLElement).getAllByRole("option");
  expect([steps[0]?.dataset.step, steps.at(-1)?.dataset.step]).toEqual([
    "request_context.push",
    "request_context.pop",
  ]);
});

test("a click on a step selects its event, and a selected event lights its step", async () => {
  const { workspace } = await shown("two_and_two");
  fireEvent.click(option("session.save"));
  expect(workspace.selectedEvent.value?.kind).toBe("session.save");
  expect(await screen.findByText(/^The session interface writes/)).toBeTruthy();
  const { log } = workspace;
  const finish = log
    .eventsOf(workspace.trace.value as string)
    .find((index) => log.event(index)?.name === "request_finished");
  workspace.selectEvent(finish ?? null);
  await vi.waitFor(() => expect(title()).toBe("signal request_finished"));
  expect(option("signal request_finished").getAttribute("aria-selected")).toBe("true");
});

test("a step that did not run can be selected too, and leads to its cause", async () => {
  const { page, workspace } = await shown("interception");
  fireEvent.click(option("view"));
  await vi.waitFor(() => expect(title()).toBe("view index"));
  expect(page.map.value.step).toBe("view");
  fireEvent.click(screen.getByRole("button", { name: "Show before_request guard" }));
  await vi.waitFor(() => expect(title()).toBe("before_request guard"));
  expect(workspace.selectedEvent.value?.name).toBe("guard");
  expect(page.map.value.step).toBe(null);
});

test("keys walk the steps and go back to the timeline", async () => {
  const { page } = await shown("two_and_two");
  fireEvent.keyDown(diagram(), { key: "Home" });
  await vi.waitFor(() => expect(title()).toBe("request"));
  fireEvent.keyDown(diagram(), { key: "ArrowDown" });
  await vi.waitFor(() => expect(title()).toBe("middleware"));
  fireEvent.keyDown(diagram(), { key: "End" });
  await vi.waitFor(() => expect(title()).toBe("response.close"));
  fireEvent.keyDown(diagram(), { key: "Enter" });
  expect(page.screen.value).toBe("live");
});

test("who is registered for the step, whether it ran or not", async () => {
  await shown("interception");
  fireEvent.click(option("before_request"));
  await screen.findByText("Registered for this step");
  const functions = screen.getAllByRole("listitem").map((item) => item.textContent);
  expect(functions.slice(-2).map((text) => text.replace(/:(\d+?)[\d.]+ .s$/, ":"))).toEqual([
    "1guard application apps.py:",
    "2never application apps.py:100skipped",
  ]);
});

test("only what ran, and another Flask's order", async () => {
  const { page } = await shown("two_and_two");
  fireEvent.click(screen.getByRole("button", { name: "Only what ran" }));
  await vi.waitFor(() => expect(texts().filter((text) => /none|not/.test(text))).toEqual([]));
  page.map.value = { ...page.map.value, ran: false, flask: "3.2" };
  await screen.findByText("The order of Flask 3.2; this application runs 3.1.3");
  expect(option("request_context.push")).toBe(undefined);
  fireEvent.click(option("app_context.push"));
  expect(await screen.findByText("≤ 3.1")).toBeTruthy();
});

test("all requests light the map with their counts", async () => {
  await shown("before_first_request", { flask: "2.1" });
  fireEvent.click(screen.getByRole("button", { name: "All requests" }));
  await vi.waitFor(() =>
    expect(option("before_first_request").textContent).toContain("ran 1 of 2"),
  );
  fireEvent.click(option("before_first_request"));
  await vi.waitFor(() => expect(title()).toBe("before_first_request once"));
  const part = screen.getByText("In 2 loaded requests").parentElement as HTMLElement;
  expect(
    within(part)
      .getAllByRole("definition")
      .map((one) => one.textContent),
  ).toEqual(["1", "1", "1"]);
  expect(within(part).getByText("it ran in the first request of this process")).toBeTruthy();
});

test("each application of a request has a map", async () => {
  const { workspace } = await shown("calls_itself_and_fails");
  const parts = screen.getByRole("combobox", { name: "Part" }) as HTMLSelectElement;
  expect([...parts.options].map((one) => one.textContent)).toEqual([
    "1. shop GET /",
    "2. shop GET /lost",
    "3. shop GET /lost",
  ]);
  fireEvent.change(parts, { target: { value: "1" } });
  await vi.waitFor(() => expect(texts()[0]).toContain("wsgi_app"));
  expect(workspace.selectedEvent.value?.kind).toBe("wsgi_app");
});

test("what is registered is not made up when nobody announced it", async () => {
  await shown("two_and_two", { announced: false });
  expect(screen.getByText(/^Which Flask this application runs was not announced/)).toBeTruthy();
  expect(texts()[1]).toBe("2middlewarenone ran; what is registered was not announced");
});

test("without a request the map says what to do", () => {
  const { page } = pageWith();
  show(page as Page, <MapScreen workspace={page.live} />);
  expect(screen.getByRole("heading", { name: "No request is selected" })).toBeTruthy();
});

test(
  "axe finds nothing",
  async () => {
    const { container, page } = await shown("interception");
    expect(await violations(container)).toEqual([]);
    page.map.value = { ...page.map.value, all: true };
    await screen.findByText(/^In 1 loaded/);
    expect(await violations(container)).toEqual([]);
  },
  AXE_MS,
);
