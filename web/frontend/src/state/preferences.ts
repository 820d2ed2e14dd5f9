/** What the reader chose and the page remembers, in localStorage. */
import { effect, type Signal, signal } from "@preact/signals";
import type { TimeScale } from "../timeline/values";

export type Theme = "auto" | "light" | "dark";

export interface Preferences {
  theme: Signal<Theme>;
  /** Single letters act as keys; off for speech input (WCAG 2.1.4). */
  singleKeys: Signal<boolean>;
  coachSeen: Signal<boolean>;
  /** How the timeline's axis shows time. */
  scale: Signal<TimeScale>;
  /** The composer's last content, as JSON. */
  lastRequest: Signal<string | null>;
}

const PREFIX = "flaskscope.";

/** Reads and keeps preferences in *storage*; a storage that refuses just forgets. */
export function createPreferences(storage: Storage = localStorage): Preferences {
  return {
    theme: remembered<Theme>(storage, "theme", "auto"),
    singleKeys: remembered(storage, "single_keys", true),
    scale: remembered<TimeScale>(storage, "scale", "steps"),
    coachSeen: remembered(storage, "coach_seen", false),
    lastRequest: remembered<string | null>(storage, "last_request", null),
  };
}

/** Puts the theme on the document; returns what stops it. */
export function applyTheme(theme: Signal<Theme>, root: HTMLElement): () => void {
  return effect(() => {
    if (theme.value === "auto") delete root.dataset.theme;
    else root.dataset.theme = theme.value;
  });
}

function remembered<T>(storage: Storage, name: string, initial: T): Signal<T> {
  const kept = signal(read(storage, PREFIX + name, initial));
  effect(() => {
    try {
      storage.setItem(PREFIX + name, JSON.stringify(kept.value));
    } catch {
      // Private windows refuse or have no room: then it holds for this visit only.
    }
  });
  return kept;
}

function read<T>(storage: Storage, name: string, initial: T): T {
  try {
    const text = storage.getItem(name);
    return text === null ? initial : (JSON.parse(text) as T);
  } catch {
    return initial;
  }
}
