/** Renders a component inside a page, and asks axe-core about it. */
import { render } from "@testing-library/preact";
import axe from "axe-core";
import type { ComponentChildren } from "preact";
import type { Page } from "../state/page";
import { PageProvider } from "../views/context";

export function show(page: Page, children: ComponentChildren) {
  return render(<PageProvider value={page}>{children}</PageProvider>);
}

/** Rules that a fragment without a layout and without its page breaks by itself. */
const NEEDS_A_PAGE = ["region", "color-contrast", "page-has-heading-one", "landmark-one-main"];

/** Limit of a test that asks axe-core: on a busy machine it takes its time over many nodes. */
export const AXE_MS = 60_000;

/** Each violation as one line; an empty list is what a test wants. */
export async function violations(container: Element): Promise<string[]> {
  const result = await axe.run(container, {
    rules: Object.fromEntries(NEEDS_A_PAGE.map((rule) => [rule, { enabled: false }])),
  });
  return result.violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" | ")}`,
  );
}
