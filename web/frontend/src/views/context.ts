/** The page, for every component below the root. */
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Page } from "../state/page";

const PageContext = createContext<Page | null>(null);
export const PageProvider = PageContext.Provider;

export function usePage(): Page {
  const page = useContext(PageContext);
  if (page === null) throw new Error("no PageProvider stands above this component");
  return page;
}
