/** Smaller panels: welcome, recordings, settings, details, banners. */
import { fireEvent, screen } from "@testing-library/preact";
import { blockOf } from "../../demo-data/read";
import { Replay } from "../state/replay";
import {
  application,
  CART,
  inventedFrame,
  pageWith,
  recordingItem,
  statusItem,
  traceItem,
} from "../testing/page";
import { AXE_MS, show, violations } from "../testing/view";
import { Banner, Foot } from "./chrome";
import { CoachMark } from "./coach_mark";
import { Details } from "./details";
import { Help } from "./help";
import { Recordings } from "./recordings";
import { SourceText } from "./source";
import { StoryBar } from "./story_bar";
import { TopBar } from "./top_bar";
import { TransportBar } from "./transport_bar";
import { Welcome } from "./welcome";

test(
  "the empty page says what to do, and why its button does nothing yet",
  async () => {
    const { page } = pageWith();
    page.connection.value = { state: "connected" };
    page.sink().status(statusItem({ apps: [] }));
    const { container } = show(page, <Welcome />);
    const button = screen.getByText("Send a sample request");
    expect(button.getAttribute("aria-disabled")).toBe("true");
    expect(screen.getByText(/The sample applications are not running/)).toBeTruthy();
    expect(await screen.findByText(/Tracer\(app, dashboard=/)).toBeTruthy();
    expect(await violations(container)).toEqual([]);
  },
  AXE_MS,
);

test("with samples connected the button fires one", async () => {
  const { page, asked } = pageWith();
  const sample = { lesson: "", title: "", text: "", method: "GET", path: "/" };
  page.sink().status(statusItem({ apps: [application({ samples: [sample] })] }));
  show(page, <Welcome />);
  fireEvent.click(screen.getByText("Send a sample request"));
  await vi.waitFor(() => expect(asked[0]?.request).toBe("POST /api/apps/app-1/fire"));
});

test("the coach mark is dismissed for good", () => {
  const { page } = pageWith();
  const { container } = show(page, <CoachMark />);
  fireEvent.click(screen.getByText("Got it"));
  expect(container.textContent).toBe("");
  expect(localStorage.getItem("flaskscope.coach_seen")).toBe("true");
});

test(
  "recordings are listed with what happened to them",
  async () => {
    const { page } = pageWith();
    page.recordings.value = [
      recordingItem(),
      recordingItem({ id: "rec-2", name: "night", state: "interrupted" }),
      recordingItem({ id: "rec-3", name: "big", state: "failed", problem: "The disk was full." }),
    ];
    const { container } = show(page, <Recordings />);
    expect(screen.getByText("complete")).toBeTruthy();
    expect(screen.getByText(/interrupted: the dashboard ended meanwhile/)).toBeTruthy();
    expect(screen.getByText("The disk was full.")).toBeTruthy();
    expect(await violations(container)).toEqual([]);
  },
  AXE_MS,
);

test(
  "a damaged recording says so while it is played",
  async () => {
    const { page } = pageWith({
      "GET /api/recordings/rec-1": recordingItem({ problem: "1 of 3 batches is damaged." }),
      "GET /api/recordings/rec-1/traces?limit=500": { items: [traceItem()] },
      "GET /api/recordings/rec-1/events.bin": inventedFrame(),
    });
    await page.open("rec-1");
    const { container } = show(page, <TransportBar replay={page.opened.value as Replay} />);
    expect(screen.getByText(/1 of 3 batches is damaged/)).toBeTruthy();
    fireEvent.click(screen.getByLabelText("Next event"));
    expect((await screen.findByTestId("position")).textContent).toContain("event 2 of");
    expect(await violations(container)).toEqual([]);
  },
  AXE_MS,
);

test("before its events are here, a recording claims no position among them", () => {
  const { page } = pageWith();
  const replay = new Replay("rec-1", page.api);
  show(page, <TransportBar replay={replay} />);
  expect(screen.getByTestId("position").textContent).toBe("Loading the events: 0 %");
});

test("deleting asks first, in place", async () => {
  const { page, asked } = pageWith({ "DELETE /api/recordings/rec-1": new Response("ok") });
  page.recordings.value = [recordingItem()];
  show(page, <Recordings />);
  fireEvent.click(screen.getByLabelText("Delete login bug"));
  fireEvent.click(screen.getByText("No"));
  fireEvent.click(screen.getByLabelText("Delete login bug"));
  expect(asked).toEqual([]);
  fireEvent.click(screen.getByText("Yes"));
  expect(await screen.findByText(/No recording yet/)).toBeTruthy();
  expect(asked[0]?.request).toBe("DELETE /api/recordings/rec-1");
});

test("renaming happens in place", async () => {
  const { page, asked } = pageWith({ "PATCH /api/recordings/rec-1": recordingItem() });
  page.recordings.value = [recordingItem()];
  show(page, <Recordings />);
  fireEvent.click(screen.getByLabelText("Rename login bug"));
  fireEvent.input(screen.getByLabelText("Name"), { target: { value: "the login bug" } });
  fireEvent.click(screen.getByText("Keep name"));
  await vi.waitFor(() => expect(asked[0]?.body).toEqual({ name: "the login bug" }));
});

test(
  "the selected event is explained, with its figures and its attributes",
  async () => {
    const { page } = pageWith();
    page.sink().frame(inventedFrame());
    page.live.update([traceItem()]);
    await page.live.select(CART);
    const { container } = show(page, <Details workspace={page.live} />);
    expect(screen.getByText("Flask docs").getAttribute("href")).toContain("flask.palletsprojects");
    expect(screen.getByText(/of which own/)).toBeTruthy();
    fireEvent.click(screen.getByText("Attributes"));
    expect(await screen.findByText("trace_id")).toBeTruthy();
    expect(await violations(container)).toEqual([]);
  },
  AXE_MS,
);

test(
  "a step's changes are a list whose signs have names, and a failed use names the pop",
  async () => {
    const { page } = pageWith();
    const changes = { g: { added: { user: "'ann'" } }, status: ["200 OK", "201 CREATED"] };
    page.live.log.append(
      blockOf([
        { kind: "state", name: "stamp", at: 1, attributes: { after: "after_request", changes } },
        { kind: "state", name: "idle", at: 2, attributes: { after: "view", changes: {} } },
        {
          kind: "proxy",
          name: "request.path",
          at: 3,
          attributes: { error: "RuntimeError", removed: "request_context 3", removed_ms: 0.5 },
        },
      ]),
    );
    page.live.trace.value = "t";
    page.live.selectEvent(0);
    const { container } = show(page, <Details workspace={page.live} />);
    const lines = () => [...container.querySelectorAll(".changes li")].map((li) => li.textContent);
    expect(lines()).toEqual(["+ g user 'ann'", "~ response status 200 OK → 201 CREATED"]);
    expect(screen.getByRole("img", { name: "added" }).textContent).toBe("+");
    expect(await violations(container)).toEqual([]);
    page.live.selectEvent(1);
    expect(await screen.findByText("Nothing in g, the session and the response.")).toBeTruthy();
    page.live.selectEvent(2);
    expect(await screen.findByText(/stands for nothing/)).toBeTruthy();
    expect(screen.getByText("the pop of request_context 3, 500 µs before")).toBeTruthy();
    expect(container.querySelector(".changes")).toBeNull();
  },
  AXE_MS,
);

test("source is drawn from tokens, and markup in it stays text", () => {
  const { page } = pageWith();
  const item = {
    id: "1",
    file: "shop/views.py",
    line: 41,
    name: "cart",
    text: "",
    tokens: [
      [["k", "def"]],
      [
        ["", "  "],
        ["s2", '"<img src=x onerror=alert(1)>"'],
      ],
    ] as [string, string][][],
  };
  show(page, <SourceText item={item} line={42} />);
  expect(screen.getByText("def").className).toBe("tok-k");
  expect(document.querySelector(".here")?.textContent).toBe('42  "<img src=x onerror=alert(1)>"');
  expect(document.querySelector("img")).toBeNull();
});

test("the story names what the request did", async () => {
  const { page } = pageWith();
  page.sink().frame(inventedFrame());
  page.live.update([traceItem()]);
  await page.live.select(CART);
  show(page, <StoryBar workspace={page.live} />);
  expect(screen.getByTestId("story").textContent).toContain("GET /shop/cart/7 → shop.cart → 200");
});

test("a lost dashboard is told as an alert, lost events in the foot", () => {
  const { page } = pageWith();
  page.connection.value = { state: "lost" };
  page.status.value = statusItem({ dropped: { buffer_full: 3 }, rate: 1240 });
  show(
    page,
    <>
      <Banner />
      <Foot />
    </>,
  );
  expect(screen.getByRole("alert").textContent).toContain("does not answer; trying again");
  expect(screen.getByTestId("rate").textContent).toBe("Live, 1,240 events/s, 3 dropped");
});

test(
  "settings show what is kept and change it",
  async () => {
    const { page, asked } = pageWith({
      "PATCH /api/settings": { ignored_paths: ["/healthz"], size_cap: 1e9 },
    });
    const { container } = show(page, <TopBar />);
    fireEvent.click(screen.getByLabelText("Settings"));
    const paths = await screen.findByLabelText(/Ignored paths/);
    expect((paths as HTMLTextAreaElement).value).toBe("/static/*");
    expect(await violations(container)).toEqual([]);
    fireEvent.input(paths, { target: { value: "/healthz\n\n" } });
    fireEvent.click(screen.getByText("Save"));
    await vi.waitFor(() =>
      expect(asked.at(-1)?.body).toEqual({ ignored_paths: ["/healthz"], size_cap: 500_000_000 }),
    );
  },
  AXE_MS,
);

test("the theme goes round from the system's to light to dark", () => {
  const { page } = pageWith();
  show(page, <TopBar />);
  const press = () => fireEvent.click(screen.getByLabelText(/^Theme/));
  const themes = [1, 2, 3].map(() => {
    press();
    return page.preferences.theme.value;
  });
  expect(themes).toEqual(["light", "dark", "auto"]);
});

test("help lists the keys", async () => {
  const { page } = pageWith();
  page.helpOpen.value = true;
  const { container } = show(page, <Help />);
  expect(container.querySelector("dialog")?.open).toBe(true);
  expect(screen.getByText("Freeze and follow; in a replay, play and pause")).toBeTruthy();
});
