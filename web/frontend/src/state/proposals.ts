/** What the find box proposes at this moment, and which of it the keys are at. */
import { computed, type ReadonlySignal, signal } from "@preact/signals";
import { KNOWN_KINDS } from "../model/kinds";
import { complete, type Suggestion, suggest } from "./suggest";
import type { Workspace } from "./workspace";

const NOWHERE = { text: "", place: -1 };

export class Proposals {
  readonly list: ReadonlySignal<readonly Suggestion[]>;
  readonly shown: ReadonlySignal<boolean>;
  /** Place in the list, -1 for none. */
  readonly active: ReadonlySignal<number>;
  /** Whether the box has the focus. */
  readonly open = signal(false);
  private readonly closedFor = signal<string | null>(null);
  private readonly at = signal(NOWHERE);

  constructor(private readonly workspace: Workspace) {
    const { filter, items, whole } = workspace;
    this.list = computed(() => {
      const found = suggest(filter.value, items.value, KNOWN_KINDS);
      // Counted among those that are listed: of a whole recording that would be false.
      return whole.value === null ? found : found.map((one) => ({ ...one, count: null }));
    });
    this.shown = computed(
      () => this.open.value && this.closedFor.value !== filter.value && this.list.value.length > 0,
    );
    // Another text has other proposals.
    this.active = computed(() => (this.at.value.text === filter.value ? this.at.value.place : -1));
  }

  take(suggestion: Suggestion): void {
    const { filter } = this.workspace;
    filter.value = complete(filter.value, suggestion.word);
  }

  /** Whether *key* did something here. */
  press(key: string): boolean {
    if (!this.shown.value) return false;
    const text = this.workspace.filter.value;
    const place = this.active.value;
    const last = this.list.value.length - 1;
    const chosen = this.list.value[place];
    if (key === "ArrowDown") this.at.value = { text, place: place >= last ? 0 : place + 1 };
    else if (key === "ArrowUp") this.at.value = { text, place: place <= 0 ? last : place - 1 };
    else if (key === "Escape") this.closedFor.value = text;
    else if (key === "Enter" && chosen !== undefined) this.take(chosen);
    else return false;
    return true;
  }
}
