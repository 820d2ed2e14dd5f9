/** Finds requests in a workspace; comes with a script of its own when something is looked for. */
import { computed, type ReadonlySignal } from "@preact/signals";
import { leaksOf } from "../model/leaks";
import type { EventLog } from "../model/log";
import { namesIn } from "../model/names";
import { type Difference, type Usual, UsualFinder } from "../model/usual";
import type { TraceItem } from "../transport/items";
import { type Known, type Query, readQuery } from "./query";
import { type Whole, WholeSearch } from "./whole_search";

/** What a finder needs of a workspace. */
interface Searched {
  readonly log: EventLog;
  readonly filter: ReadonlySignal<string>;
  readonly items: ReadonlySignal<readonly TraceItem[]>;
  readonly revision: ReadonlySignal<number>;
  readonly whole: ReadonlySignal<Whole | null>;
}

/** What the events of a request tell, when it had this many. */
interface Told {
  events: number;
  kinds: ReadonlySet<string>;
  names: string;
}

export class Finder {
  readonly query: ReadonlySignal<Query>;
  /** What is usual; null while nobody asks. */
  readonly usual: ReadonlySignal<Usual | null>;
  /** Those that are listed. */
  readonly found: ReadonlySignal<readonly TraceItem[]>;
  /** The search in all of a recording of which the page has a part, null where it has all. */
  readonly search: ReadonlySignal<WholeSearch | null>;
  private readonly told = new Map<string, Told>();

  constructor(private readonly workspace: Searched) {
    const usual = new UsualFinder(workspace.log);
    this.query = computed(() => readQuery(workspace.filter.value));
    const search = __ENCLOSED__ ? null : new WholeSearch(workspace.whole, workspace.filter);
    this.search = computed(() => (workspace.whole.value?.ask ? search : null));
    this.usual = computed(() => {
      if (this.search.value !== null) return this.search.value.usual.value;
      if (!this.query.value.asksForUnusual) return null;
      workspace.revision.value;
      return usual.of(workspace.items.value.filter(isComplete).map(routed));
    });
    this.found = computed(() => {
      if (this.search.value !== null) return this.search.value.items.value;
      // Kinds and names are read from the events.
      workspace.revision.value;
      const { test } = this.query.value;
      const known: Known = {
        kinds: (id) => this.toldOf(id)?.kinds ?? null,
        names: (id) => this.toldOf(id)?.names ?? "",
        isUnusual: (id) => this.usual.value?.differences.has(id) === true,
        isLeaking: (id) => leaksOf(workspace.log, id).length > 0,
      };
      return workspace.items.value.filter((item) => test(item, known));
    });
  }

  /** In what a listed request differs, while that is looked for. */
  differenceOf(id: string): Difference | null {
    if (this.search.value !== null) return this.search.value.differenceOf(id);
    return this.usual.value?.differences.get(id) ?? null;
  }

  private toldOf(id: string): Told | null {
    const { log } = this.workspace;
    const events = log.eventsOf(id);
    if (events.length === 0) return null;
    const read = this.told.get(id);
    if (read?.events === events.length) return read;
    const kinds = new Set<string>();
    const names = new Set<string>();
    for (const index of events) {
      const event = log.event(index);
      if (event === undefined) continue;
      kinds.add(event.kind);
      for (const name of namesIn(event)) names.add(name.toLowerCase());
    }
    const told = { events: events.length, kinds, names: [...names].join("\n") };
    this.told.set(id, told);
    return told;
  }
}

function isComplete(item: TraceItem): boolean {
  return item.complete && !item.truncated;
}

function routed({ id, app, method, endpoint, kind }: TraceItem) {
  return { id, route: [kind, app, method, endpoint].join("\n") };
}
