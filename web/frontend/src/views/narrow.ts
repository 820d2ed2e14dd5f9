/** Whether the page is as narrow as a telephone; the same bound as in the style sheets. */
import { useEffect, useState } from "preact/hooks";

const NARROW = "(max-width: 860px)";

export function useNarrow(): boolean {
  const [query] = useState(() => window.matchMedia(NARROW));
  const [narrow, setNarrow] = useState(query.matches);
  useEffect(() => {
    const onChange = () => setNarrow(query.matches);
    query.addEventListener("change", onChange);
    return () => query.removeEventListener("change", onChange);
  }, [query]);
  return narrow;
}
