/** The address of an exported file: what is looked at stands behind its `#`, all that a file may change. */
import type { AddressBar } from "./mirror";

/** The recording in a file has no other name. */
export const ENCLOSED = "file";

/** *window*'s address, as if the file were the page of its one recording. */
export function fragmentBar(window: Window): AddressBar {
  const fragment = (address: string) => `#${address.split("?")[1] ?? ""}`;
  return {
    location: {
      pathname: `/recordings/${ENCLOSED}`,
      get search() {
        return window.location.hash.replace("#", "?");
      },
    },
    history: {
      pushState: (_state, _unused, address) =>
        window.history.pushState(null, "", fragment(String(address))),
      replaceState: (_state, _unused, address) =>
        window.history.replaceState(null, "", fragment(String(address))),
    },
    addEventListener: (type, listener) => window.addEventListener(type, listener),
    removeEventListener: (type, listener) => window.removeEventListener(type, listener),
  };
}
