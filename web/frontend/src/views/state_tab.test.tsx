/** The state tab of the details. */
import { fireEvent, screen } from "@testing-library/preact";
import { blockOf } from "../../demo-data/read";
import { pageWith } from "../testing/page";
import { AXE_MS, show, violations } from "../testing/view";
import { Details } from "./details";

async function shown(withState: boolean) {
  const { page } = pageWith();
  const step = (kind: string, name: string, span: number, at: number) => [
    { kind, name, span, phase: "begin" as const, at, app: "shop" },
    { kind, name, span, phase: "end" as const, at: at + 1, app: "shop" },
  ];
  const state = (at: number, changes: unknown) => ({
    kind: "state",
    at,
    app: "shop",
    attributes: { changes },
  });
  page.live.log.append(
    blockOf([
      ...step("before_request", "load_user", 1, 10),
      ...(withState ? [state(12, { g: { added: { user: "<b>ada</b>" } } })] : []),
      ...step("after_request", "sign", 2, 20),
      ...(withState ? [state(22, { g: { changed: { user: ["<b>ada</b>", "'bob'"] } } })] : []),
    ]),
  );
  await page.live.select("t", { fetch: false });
  page.tab.value = "state";
  const { container } = show(page, <Details workspace={page.live} />);
  const select = (name: string) => {
    const { log } = page.live;
    const found = log.eventsOf("t").find((index) => log.event(index)?.name === name);
    page.live.selectEvent(found ?? null);
  };
  return { page, container, select };
}

test(
  "who set this? leads to the step, and the tab stays",
  async () => {
    const { page, container, select } = await shown(true);
    select("sign");
    const row = (await screen.findByText("'bob'")).closest("tr");
    expect(row?.textContent).toBe("~ user<b>ada</b> 'bob'after_request sign");
    expect(await violations(container)).toEqual([]);
    select("load_user");
    const set = await screen.findByText("before_request load_user", { selector: "button bdi" });
    expect(screen.getByText("<b>ada</b>").closest("tr")?.dataset.glyph).toBe("+");
    select("sign");
    fireEvent.click(await screen.findByText("after_request sign", { selector: "button bdi" }));
    expect(set).toBeTruthy();
    expect(page.live.selectedEvent.value?.name).toBe("sign");
    expect(page.tab.value).toBe("state");
  },
  AXE_MS,
);

test("without state events the page says how to switch them on", async () => {
  await shown(false);
  expect(await screen.findByText('Tracer(app, record="state")')).toBeTruthy();
  expect(screen.getByText("FLASKSCOPE_RECORD=state")).toBeTruthy();
});
