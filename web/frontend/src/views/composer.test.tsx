/** Making a request by hand and from a sample. */
import { fireEvent, screen, within } from "@testing-library/preact";
import {
  type Answers,
  application,
  CART,
  pageWith,
  problem,
  statusItem,
  traceItem,
} from "../testing/page";
import { AXE_MS, show, violations } from "../testing/view";
import { Composer } from "./composer";

const ROUTES = {
  items: [
    {
      rule: "/cart/<int:cart_id>",
      methods: ["GET", "HEAD"],
      endpoint: "cart",
      arguments: ["cart_id"],
      defaults: null,
      file: null,
      line: null,
    },
    {
      rule: "/add",
      methods: ["POST", "DELETE"],
      endpoint: "add",
      arguments: [],
      defaults: null,
      file: null,
      line: null,
    },
  ],
};
const SAMPLE = {
  lesson: "10A · The order of hooks",
  title: "Two before, two after",
  text: "They run in order.",
  method: "GET",
  path: "/",
};
const ANSWER = {
  trace_id: CART,
  status: 200,
  headers: { "Set-Cookie": ["a=1", "b=2"] },
  body: "<h1>Cart 7</h1>",
  duration_ms: 19.2,
};

function shown(answers: Answers = {}, samples = [SAMPLE]) {
  const { page, asked } = pageWith({
    "GET /api/apps/app-1/routes": ROUTES,
    "POST /api/apps/app-1/fire": ANSWER,
    ...answers,
  });
  page.sink().status(
    statusItem({
      apps: [
        application({ samples }),
        application({ id: "app-2", name: "billing", connected: false, gone_since: 1.79e18 }),
      ],
    }),
  );
  const { container } = show(page, <Composer />);
  const fired = () => asked.filter((one) => one.request.startsWith("POST")).map((one) => one.body);
  return { page, container, fired, asked };
}

const choose = (label: string, value: string) =>
  fireEvent.change(screen.getByLabelText(label), { target: { value } });
const type = (label: string, value: string) =>
  fireEvent.input(screen.getByLabelText(label), { target: { value } });

test("one click runs a sample and shows the answer as text", async () => {
  const { fired, page } = shown();
  fireEvent.click(screen.getByLabelText("Run: Two before, two after"));
  expect(await screen.findByText("Answer 200")).toBeTruthy();
  expect(fired()).toEqual([{ method: "GET", path: "/" }]);
  expect(screen.getByText("<h1>Cart 7</h1>")).toBeTruthy();
  expect(screen.getAllByText("Set-Cookie")).toHaveLength(2);
  page.sink().traces([traceItem({ events: 0 })]);
  expect(page.live.trace.value).toBe(CART);
});

test("a route asks for its arguments, and a missing one is named", async () => {
  const { fired } = shown({}, []);
  await screen.findByLabelText("cart_id (int)");
  fireEvent.click(await screen.findByText("Send"));
  expect(await screen.findByText("The path needs a value for cart_id.")).toBeTruthy();
  type("cart_id (int)", "7");
  fireEvent.click(screen.getByText("Send"));
  await screen.findByText("Answer 200");
  expect(fired()).toEqual([{ method: "GET", path: "/cart/7", cookie_jar: "browser" }]);
});

test("choosing a route takes a method that it has and the application allows", async () => {
  shown({}, []);
  await screen.findByLabelText("cart_id (int)");
  choose("Route", "/add");
  await vi.waitFor(() =>
    expect((screen.getByLabelText("Method") as HTMLSelectElement).value).toBe("POST"),
  );
  expect(screen.getByText("DELETE (not allowed by the application)")).toBeTruthy();
});

test("what was sent can be sent again, and is there the next time", async () => {
  const { fired, page } = shown({}, []);
  await screen.findByLabelText("cart_id (int)");
  choose("Route", "");
  await screen.findByLabelText("Path");
  type("Path", "/nowhere");
  fireEvent.click(screen.getByText("Send"));
  fireEvent.click(await screen.findByText("Send again"));
  await vi.waitFor(() => expect(fired()).toHaveLength(2));
  expect(fired()[0]).toEqual(fired()[1]);
  expect(JSON.parse(page.preferences.lastRequest.value ?? "")).toMatchObject({ path: "/nowhere" });
});

test("applications that have gone are shown as gone, and cannot be chosen", () => {
  shown({}, []);
  const gone = within(screen.getByLabelText("Application")).getByText(/billing · gone since/);
  expect((gone as HTMLOptionElement).disabled).toBe(true);
});

test("when all have gone the form says so, and takes the application that was started anew", async () => {
  const { page } = pageWith({ "GET /api/apps/app-1/routes": ROUTES });
  const gone = application({ connected: false, gone_since: 1.79e18 });
  page.sink().status(statusItem({ apps: [gone] }));
  show(page, <Composer />);
  fireEvent.click(await screen.findByText("Compose"));
  expect(
    await screen.findByText("shop has gone; start it again to send it requests."),
  ).toBeTruthy();
  expect((screen.getByText("Send") as HTMLButtonElement).disabled).toBe(true);
  page.sink().status(statusItem({ apps: [gone, application({ id: "app-9" })] }));
  await vi.waitFor(() =>
    expect((screen.getByLabelText("Application") as HTMLSelectElement).value).toBe("app-9"),
  );
  expect((screen.getByText("Send") as HTMLButtonElement).disabled).toBe(false);
});

test("while the dashboard cannot be reached, it says so as long as that lasts", async () => {
  const { page } = shown();
  const said = /^The dashboard cannot be reached/;
  page.sink().disconnected();
  expect(await screen.findByText(said)).toBeTruthy();
  page.sink().connected(1);
  await vi.waitFor(() => expect(screen.queryByText(said)).toBeNull());
});

test("a refusal is shown as a sentence", async () => {
  shown({
    "POST /api/apps/app-1/fire": problem(
      502,
      "Gone",
      "shop went away at 10:31.",
      "Start it again.",
    ),
  });
  fireEvent.click(screen.getByLabelText("Run: Two before, two after"));
  expect(await screen.findByText("shop went away at 10:31. Start it again.")).toBeTruthy();
});

test("the cookie jar can be emptied", async () => {
  const { asked } = shown({ "DELETE /api/cookie_jars/browser": new Response("ok") }, []);
  fireEvent.click(screen.getByText("Empty the jar"));
  await vi.waitFor(() =>
    expect(asked.map((one) => one.request)).toContain("DELETE /api/cookie_jars/browser"),
  );
});

test.each([["samples"], ["form"]])(
  "axe-core has nothing to say about %s",
  async (tab) => {
    const { container } = shown({}, tab === "samples" ? [SAMPLE] : []);
    expect(await violations(container)).toEqual([]);
  },
  AXE_MS,
);
