/** Whoever has the focus when it goes leaves it to what comes in its place: a reader without a mouse is never nowhere. */

/** What a screen is for: there one goes on who came from another. */
const CHIEF = ".stage [role=application], .map-diagram, main [role=row][tabindex='0']";
/** Not where one writes or chooses: there the page's own keys would be dead. */
const STOP = "a[href], button:not([tabindex='-1']), summary, [tabindex='0']";

/** Where an element stood: the how manieth child of which one. */
interface Place {
  parent: Element;
  at: number;
  /** Whether it is a screen that lay there, or what it shows: what comes may have to be fetched, and nothing else will do. */
  isWhole: boolean;
}

/** Starts it for a document; the answer ends it. */
export function leaveFocusToHeirs(document: Document): () => void {
  let owner: Element | null = null;
  let places: Place[] = [];
  const onFocus = (event: FocusEvent) => {
    owner = event.target as Element;
    places = placesOf(owner);
  };
  // Who presses on nothing wants the focus nowhere.
  const onPress = () => {
    owner = null;
  };
  // A field that Escape leaves gives the focus to what the screen is for.
  const onKey = ({ key, target }: KeyboardEvent) => {
    const { activeElement, body } = document;
    if (key !== "Escape" || activeElement !== body || target === body) return;
    chiefIn(body)?.focus({ preventScroll: true });
  };
  // A screen that is still to be fetched has nothing to give: the next change is looked at, too.
  const onChange = () => {
    if (owner === null || owner.isConnected || document.activeElement !== document.body) return;
    heirOf(places)?.focus({ preventScroll: true });
  };
  const observer = new MutationObserver(onChange);
  observer.observe(document.body, { childList: true, subtree: true });
  document.addEventListener("focusin", onFocus);
  document.addEventListener("keydown", onKey);
  document.addEventListener("pointerdown", onPress);
  return () => {
    observer.disconnect();
    document.removeEventListener("focusin", onFocus);
    document.removeEventListener("keydown", onKey);
    document.removeEventListener("pointerdown", onPress);
  };
}

function placesOf(element: Element): Place[] {
  const places: Place[] = [];
  for (let child = element; child.parentElement !== null; child = child.parentElement) {
    const parent = child.parentElement;
    const isWhole = parent.matches(".stage, main") || parent.querySelector("main") !== null;
    places.push({ parent, at: [...parent.children].indexOf(child), isWhole });
  }
  return places;
}

/** In the nearest that is left of what was around it: its chief thing, what stands in the same place, or what is near. */
function heirOf(places: readonly Place[]): HTMLElement | null {
  for (const { parent, at, isWhole } of places) {
    if (!parent.isConnected) continue;
    const instead = parent.children[at] ?? parent.lastElementChild;
    const heir = chiefIn(parent) ?? firstIn(instead) ?? (isWhole ? null : firstIn(parent));
    if (isWhole) return heir;
    if (heir !== null) return heir;
  }
  return null;
}

function chiefIn(box: Element | null): HTMLElement | null {
  return box?.querySelector<HTMLElement>(CHIEF) ?? null;
}

function firstIn(box: Element | null): HTMLElement | null {
  if (box === null) return null;
  const stops = [box, ...box.querySelectorAll<HTMLElement>(STOP)];
  return (stops.find((stop) => stop.matches(STOP) && stop.checkVisibility()) ??
    null) as HTMLElement | null;
}
