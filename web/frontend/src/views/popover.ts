/** What opens below a button, and closes by Escape, or a press or the focus anywhere else. */
import type { Ref } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

export interface Popover {
  open: boolean;
  setOpen: (open: boolean) => void;
  /** Of the element around button and what opens. */
  anchor: Ref<HTMLDivElement>;
}

export function usePopover(): Popover {
  const [open, setOpen] = useState(false);
  const anchor = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!open) return;
    const outside = (event: Event) => {
      if (!anchor.current?.contains(event.target as Node)) setOpen(false);
    };
    const onEscape = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      setOpen(false);
      anchor.current?.querySelector("button")?.focus();
    };
    document.addEventListener("pointerdown", outside);
    document.addEventListener("focusin", outside);
    document.addEventListener("keydown", onEscape, { capture: true });
    return () => {
      document.removeEventListener("pointerdown", outside);
      document.removeEventListener("focusin", outside);
      document.removeEventListener("keydown", onEscape, { capture: true });
    };
  }, [open]);
  return { open, setOpen, anchor };
}
