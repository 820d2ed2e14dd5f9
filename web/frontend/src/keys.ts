/** The keys of the page: which one does what, and when a key is none of ours. */
import type { MessageKey } from "./i18n/translate";
import { isOwn } from "./state/location";
import type { Page } from "./state/page";

export interface Binding {
  /** Values of `KeyboardEvent.key`, letters in lower case. */
  keys: readonly string[];
  /** What the help shows. */
  shown: readonly string[];
  text: MessageKey;
  run: (page: Page, event: KeyboardEvent) => void;
}

const ZOOM = 1.5;
const PAN = 0.1;
const SHIFT_FACTOR = 5;

export const BINDINGS: readonly Binding[] = [
  {
    keys: [" "],
    shown: ["Space"],
    text: "key.freeze",
    run: (page) => {
      const player = page.player.value;
      if (player) player.toggle();
      else page.toggleFreeze();
    },
  },
  {
    keys: ["w", "s"],
    shown: ["W", "S"],
    text: "key.zoom",
    run: (page, event) => {
      const near = event.key.toLowerCase() === "w";
      const factor = ZOOM ** (event.shiftKey ? SHIFT_FACTOR : 1);
      page.current.value.viewTouched = true;
      page.current.value.timeline?.zoom(near ? factor : 1 / factor);
    },
  },
  {
    keys: ["a", "d"],
    shown: ["A", "D"],
    text: "key.pan",
    run: (page, event) => {
      const share = PAN * (event.shiftKey ? SHIFT_FACTOR : 1);
      page.current.value.viewTouched = true;
      page.current.value.timeline?.pan(event.key.toLowerCase() === "a" ? -share : share);
    },
  },
  {
    keys: ["arrowleft", "arrowright", "arrowup", "arrowdown"],
    shown: ["←", "→", "↑", "↓"],
    text: "key.arrows",
    run: (page, event) => {
      const moves = {
        arrowleft: "prev",
        arrowright: "next",
        arrowup: "parent",
        arrowdown: "child",
      } as const;
      const move = moves[event.key.toLowerCase() as keyof typeof moves];
      page.current.value.timeline?.moveSelection(move);
    },
  },
  {
    keys: [",", "."],
    shown: [",", "."],
    text: "key.step",
    run: (page, event) => {
      const steps = event.key === "," ? -1 : 1;
      const player = page.player.value;
      if (player) player.step(steps);
      else page.current.value.step(steps);
      page.announceSelection();
    },
  },
  {
    keys: ["f"],
    shown: ["F"],
    text: "key.fit",
    run: (page) => {
      page.current.value.viewTouched = true;
      page.current.value.timeline?.fitSelection();
    },
  },
  {
    keys: ["0"],
    shown: ["0"],
    text: "key.whole",
    run: (page) => {
      const workspace = page.current.value;
      if (workspace.trace.value !== null) workspace.fit();
      else workspace.timeline?.fitAll();
    },
  },
  {
    keys: ["[", "]"],
    shown: ["[", "]"],
    text: "key.follow",
    run: (page, event) => page.current.value.timeline?.followLink(event.key === "[" ? -1 : 1),
  },
  {
    keys: ["e", "i"],
    shown: ["E", "I"],
    text: "key.fold",
    run: ({ current, announcement }, { key, shiftKey }) => {
      const what = key.toLowerCase() === "i" ? "idle" : shiftKey ? "lane" : "repeats";
      current.value.viewTouched = true;
      announcement.value = current.value.timeline?.toggleFold(what) ?? "";
    },
  },
  {
    keys: ["/"],
    shown: ["/"],
    text: "key.find",
    run: () => document.getElementById("find")?.focus(),
  },
  {
    keys: ["x"],
    shown: ["X"],
    text: "key.scale",
    run: (page) => {
      const { scale } = page.preferences;
      scale.value = scale.value === "steps" ? "time" : "steps";
    },
  },
  {
    keys: ["t"],
    shown: ["T"],
    text: "key.table",
    run: (page) => {
      const { table } = page.current.value;
      table.value = !table.value;
    },
  },
  {
    keys: ["p"],
    shown: ["P"],
    text: "key.play",
    run: (page) => {
      if (page.screen.value === "live") page.togglePlayback();
    },
  },
  {
    keys: ["r"],
    shown: ["R"],
    text: "key.record",
    run: (page) => {
      if (!page.onRecording.value) void page.toggleRecording();
    },
  },
  {
    keys: ["m"],
    shown: ["M"],
    text: "key.map",
    run: (page) => {
      if (page.screen.value === "map") page.showTimeline();
      else page.show("map");
    },
  },
  {
    keys: ["c"],
    shown: ["C"],
    text: "key.compare",
    run: (page) => page.compareSelected(),
  },
  {
    keys: ["?"],
    shown: ["?"],
    text: "key.help",
    run: (page) => {
      page.helpOpen.value = true;
    },
  },
];

/** The others act on a timeline. */
const EVERYWHERE = BINDINGS.filter(({ text }) => text === "key.find" || text === "key.help");
const ON_MAP: ReadonlySet<MessageKey> = new Set([
  "key.freeze",
  "key.step",
  "key.find",
  "key.record",
  "key.map",
  "key.help",
]);

/** Closes what is open, else lets the selection go. Works with single keys off, too. */
export const ESCAPE: Binding = {
  keys: ["escape"],
  shown: ["Esc"],
  text: "key.escape",
  run: (page) => {
    if (page.composerOpen.value) page.composerOpen.value = false;
    else if (page.notice.value) page.notice.value = null;
    else if (page.marked.value) page.marked.value = null;
    else if (page.screen.value === "live") page.followNewest();
  },
};

/** Listens for keys on *target*; the answer ends that. */
export function listenForKeys(page: Page, target: Document): () => void {
  const onKeyDown = (event: KeyboardEvent) => {
    const binding = bindingFor(event, page);
    if (binding === null) return;
    event.preventDefault();
    binding.run(page, event);
  };
  target.addEventListener("keydown", onKeyDown);
  return () => target.removeEventListener("keydown", onKeyDown);
}

/** What *event* means for the page, null when it belongs to somebody else. */
export function bindingFor(event: KeyboardEvent, page: Page): Binding | null {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return null;
  if (isDialogOpen() || isTyping(event.target)) return null;
  const key = event.key.toLowerCase();
  if (key === "escape") return ESCAPE;
  if (!page.preferences.singleKeys.value) return null;
  if (page.screen.value === "recordings" || isOwn(page.screen.value)) {
    return EVERYWHERE.find(({ keys }) => keys.includes(key)) ?? null;
  }
  if (key === " " && isPressable(event.target)) return null;
  if (key.startsWith("arrow") && isMovable(event.target)) return null;
  const found = BINDINGS.find((binding) => binding.keys.includes(key)) ?? null;
  return page.screen.value === "map" && !ON_MAP.has(found?.text as MessageKey) ? null : found;
}

/** What stands over the page has all keys; it may have been asked for and not be there. */
export function isDialogOpen(): boolean {
  return document.querySelector("dialog[open]") !== null;
}

/** Whether letters belong to *target*: to a slider or a choice they mean nothing. */
export function isTyping(target: EventTarget | null): boolean {
  return isIn(
    target,
    "input:not([type=range]):not([type=radio]), textarea, select, [contenteditable], dialog",
  );
}

/** Arrows move these already. */
function isMovable(target: EventTarget | null): boolean {
  return isIn(target, "[type=range], [type=radio]");
}

/** Space presses these already. */
function isPressable(target: EventTarget | null): boolean {
  return isIn(target, "button, a, summary, [role=tab], [type=radio]");
}

function isIn(target: EventTarget | null, selectors: string): boolean {
  return target instanceof Element && target.closest(selectors) !== null;
}
