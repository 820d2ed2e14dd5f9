/** The find box with its suggestions. */
import { fireEvent, screen, waitFor } from "@testing-library/preact";
import { pageWith, traceItem } from "../testing/page";
import { AXE_MS, show, violations } from "../testing/view";
import { TopBar } from "./top_bar";

async function shown() {
  const { page } = pageWith();
  page.live.update([traceItem(), traceItem({ id: "b", status: 404, apps: ["billing"] })]);
  const { container } = show(page, <TopBar />);
  const box = screen.getByLabelText("Find requests");
  fireEvent.focus(box);
  await screen.findByRole("listbox");
  const options = () => screen.queryAllByRole("option").map((option) => option.textContent);
  return { page, box, options, container };
}

test("a field and its value are chosen by keys", async () => {
  const { page, box, options } = await shown();
  expect(options()[2]).toBe("status:404, 4xx");
  fireEvent.input(box, { target: { value: "st" } });
  await waitFor(() => expect(options()).toEqual(["status:404, 4xx"]));
  fireEvent.keyDown(box, { key: "ArrowDown" });
  await waitFor(() => expect(box.getAttribute("aria-activedescendant")).toBe("find-option-0"));
  fireEvent.keyDown(box, { key: "Enter" });
  await waitFor(() => expect(options()).toEqual(["status:2001 request", "status:4041 request"]));
  fireEvent.click(screen.getAllByRole("option")[1] as HTMLElement);
  expect(page.live.filter.value).toBe("status:404 ");
  expect(await screen.findByText("1 of 2 requests")).toBeTruthy();
  expect(page.live.listed.value.map((item) => item.id)).toEqual(["b"]);
});

test("Escape closes the list first, then empties the box", async () => {
  const { page, box } = await shown();
  fireEvent.input(box, { target: { value: "app:" } });
  await screen.findByText("billing", { exact: false });
  fireEvent.keyDown(box, { key: "Escape" });
  await waitFor(() => expect(screen.queryByRole("listbox")).toBeNull());
  expect([page.live.filter.value, box.getAttribute("aria-expanded")]).toEqual(["app:", "false"]);
  fireEvent.keyDown(box, { key: "Escape" });
  expect(page.live.filter.value).toBe("");
});

test(
  "what cannot be read is said where it stands",
  async () => {
    const { page, container } = await shown();
    page.live.filter.value = "stats:404 status:404";
    expect(await screen.findByText(/“stats:404”: there is no such field/)).toBeTruthy();
    expect(screen.getByText("1 of 2 requests")).toBeTruthy();
    expect(await violations(container)).toEqual([]);
  },
  AXE_MS,
);
