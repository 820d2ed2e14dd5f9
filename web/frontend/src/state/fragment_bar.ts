/** The address of an exported file: what is looked at stands behind its `#`, all that a file may change. */
import type { AddressBar } from "./mirror";

/** The recording in a file has no other name. */
export const ENCLOSED = "file";

/** Screens that a link into the file may lead to beside the timeline. */
const SCREENS: readonly string[] = ["map", "hooks"];

/** *window*'s address, as if the file were the page of its one recording. */
export function fragmentBar(window: Window): AddressBar {
  const params = () => new URLSearchParams(window.location.hash.slice(1));
  return {
    location: {
      get pathname() {
        const screen = params().get("screen") ?? "";
        return SCREENS.includes(screen) ? `/${screen}` : `/recordings/${ENCLOSED}`;
      },
      get search() {
        const query = params();
        query.delete("screen");
        return `?${query}`;
      },
    },
    history: {
      pushState: (_state, _unused, address) =>
        window.history.pushState(null, "", fragment(address)),
      replaceState: (_state, _unused, address) =>
        window.history.replaceState(null, "", fragment(address)),
    },
    addEventListener: (type, listener) => window.addEventListener(type, listener),
    removeEventListener: (type, listener) => window.removeEventListener(type, listener),
  };
}

function fragment(address: string | URL | null | undefined): string {
  const [path = "", query = ""] = String(address ?? "").split("?");
  const screen = path.slice(1);
  if (!SCREENS.includes(screen)) return `#${query}`;
  return `#screen=${screen}${query && `&${query}`}`;
}
