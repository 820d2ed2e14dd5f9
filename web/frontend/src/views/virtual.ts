/** Which rows of a long list are near the visible part of its scrolling box. */
import { useEffect, useRef, useState } from "preact/hooks";

/** Assumed before the box has been measured, and where there is no layout at all. */
const FALLBACK_HEIGHT = 640;
const OVERSCAN = 6;

export interface VirtualRows {
  /** Goes on the scrolling element. */
  box: { current: HTMLDivElement | null };
  onScroll: () => void;
  first: number;
  /** One behind the last row to draw. */
  end: number;
  /** Scrolls as little as needed to show *row*. */
  reveal: (row: number) => void;
}

/** *above* is the height of what stands over the rows inside the box, in pixels like *rowHeight*. */
export function useVirtualRows(count: number, rowHeight: number, above = 0): VirtualRows {
  const box = useRef<HTMLDivElement | null>(null);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(FALLBACK_HEIGHT);

  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const measure = () => setHeight(element.clientHeight || FALLBACK_HEIGHT);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const onScroll = () => setTop(box.current?.scrollTop ?? 0);
  const reveal = (row: number) => {
    const element = box.current;
    if (element === null || row < 0) return;
    const rowTop = row * rowHeight;
    const visible = (element.clientHeight || FALLBACK_HEIGHT) - above;
    if (rowTop < element.scrollTop) element.scrollTop = rowTop;
    else if (rowTop + rowHeight > element.scrollTop + visible) {
      element.scrollTop = rowTop + rowHeight - visible;
    }
    setTop(element.scrollTop);
  };

  const first = Math.max(0, Math.floor(top / rowHeight) - OVERSCAN);
  const end = Math.min(count, Math.ceil((top + height) / rowHeight) + OVERSCAN);
  return { box, onScroll, first, end, reveal };
}
