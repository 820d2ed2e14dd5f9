/** Single keys of the Learn screen; the page's own act elsewhere. */
import { useEffect } from "preact/hooks";
import type { Page } from "../state/page";

/** Calls *run* with each key, in lower case, that is nobody else's; it answers whether it took it. */
export function useLetters(page: Page, run: (key: string) => boolean): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      if (!page.preferences.singleKeys.peek() || page.helpOpen.peek() || isTyping(event)) return;
      if (run(event.key.toLowerCase())) event.preventDefault();
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  });
}

function isTyping({ target }: KeyboardEvent): boolean {
  return (
    target instanceof Element &&
    target.closest("input:not([type=radio]), textarea, select, dialog") !== null
  );
}
