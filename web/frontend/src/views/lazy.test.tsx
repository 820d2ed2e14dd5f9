/** A part that comes late: what is told when it cannot be had, and when it is tried again. */
import { render, screen } from "@testing-library/preact";
import { pageWith } from "../testing/page";
import { PageProvider } from "./context";
import { lazy } from "./lazy";

test("what could not be had is here as soon as the dashboard is back", async () => {
  const { page } = pageWith();
  const parts = [Promise.reject(new Error("no dashboard")), Promise.resolve(() => <p>here</p>)];
  const Late = lazy(() => parts.shift() as Promise<() => preact.JSX.Element>);
  page.connection.value = { state: "lost" };
  render(
    <PageProvider value={page}>
      <Late />
    </PageProvider>,
  );
  expect((await screen.findByRole("alert")).textContent).toContain("could not be loaded");
  page.connection.value = { state: "connected" };
  expect((await screen.findByText("here")).tagName).toBe("P");
  expect(screen.queryByRole("alert")).toBeNull();
});
