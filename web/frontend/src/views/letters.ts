/** Single keys of a screen of its own (Compare, Learn); the page's own act elsewhere. */
import { useEffect, useRef } from "preact/hooks";
import { isDialogOpen, isTyping } from "../keys";
import type { Page } from "../state/page";

/** Calls *run* with each key, in lower case, that is nobody else's; it answers whether it took it. */
export function useLetters(page: Page, run: (key: string) => boolean): void {
  // The listener stays; what it calls is always that of the newest drawing.
  const newest = useRef(run);
  newest.current = run;
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      if (!page.preferences.singleKeys.peek() || isDialogOpen()) return;
      if (isTyping(event.target)) return;
      if (newest.current(event.key.toLowerCase())) event.preventDefault();
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, [page]);
}
