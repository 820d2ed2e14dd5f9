/** What folds and opens: repeated siblings, the lane of an event, the lines of idle lanes. */
import type { Translate } from "../lib/translate";
import { foldedName, laneKey, laneName } from "../model/lanes";
import type { Lane } from "../model/log";
import { type Fold, foldAround, membersOf, timesOf } from "./draw_repeats";
import type { Scene } from "./scene";
import type { EventRef, Foldable, Folds, View } from "./values";

/** What a timeline lends to its folding. */
export interface FoldingHost {
  folds: Folds;
  label: Translate;
  scene(): Scene;
  view(): View;
  show(view: View): void;
  /** Shows these times with a margin. */
  fit(times: View): void;
  /** The reader changed what is folded: it is kept, and drawn. */
  changed(): void;
}

export class Folding {
  constructor(private readonly host: FoldingHost) {}

  /** What a key does; says what was done, null without anything to fold. */
  toggleBy(what: Foldable, selection: EventRef | null): string | null {
    if (what === "idle") return this.toggleIdle();
    if (selection === null) return null;
    if (what === "repeats") return this.toggleAround(selection);
    const lane = this.host.scene().log.event(selection)?.lane;
    return lane === undefined ? null : this.toggleLane(lane);
  }

  /** A lane folds to its title. */
  toggleLane(id: number): string {
    const { folds, label } = this.host;
    const lane = this.host.scene().log.lanes[id] as Lane;
    const isOpen = folds.lanes.delete(laneKey(lane));
    if (!isOpen) folds.lanes.add(laneKey(lane));
    return this.told(isOpen, laneName(lane, label).title);
  }

  /** All lanes without anything in view have a line each, or none has. */
  toggleIdle(): string | null {
    const { folds, label } = this.host;
    const { folded } = this.host.scene().layout;
    if (folded === null) return null;
    folds.idle = folded.shown.length < folded.lanes.length;
    return this.told(folds.idle, foldedName(folded.lanes.length, label));
  }

  private told(isOpen: boolean, name: string): string {
    this.host.changed();
    return this.host.label(isOpen ? "{name}: opened" : "{name}: folded", { name });
  }

  /** Opens the repeats that a span lies in, or closes them; says what was done, null without any. */
  private toggleAround(span: EventRef): string | null {
    const { host } = this;
    const before = host.folds.opened.get(span);
    if (before !== undefined) return this.close(span, before);
    const fold = foldAround(host.scene(), span);
    return fold ? this.unfold(fold) : null;
  }

  toggle(fold: Fold): void {
    const first = fold.row.row.event[fold.from] as EventRef;
    const before = this.host.folds.opened.get(first);
    if (before === undefined) this.unfold(fold);
    else this.close(first, before);
  }

  /** Opens what a link wants opened, as soon as it is here and in view; answers whether it did. */
  openWanted(scene: Scene): boolean {
    const { folds } = this.host;
    if (folds.wanted.length === 0) return false;
    const found = folds.wanted.map((span) => foldAround(scene, span));
    folds.wanted = folds.wanted.filter((_, i) => found[i] === null);
    for (const fold of found) if (fold !== null) this.open(fold);
    return found.some((fold) => fold !== null);
  }

  private unfold(fold: Fold): string {
    this.open(fold);
    this.host.fit(timesOf(fold));
    return this.host.label("{name}: each by itself", { name: fold.label });
  }

  private open(fold: Fold): void {
    const { host } = this;
    const before = { ...host.view() };
    for (const span of membersOf(host.scene(), fold)) host.folds.opened.set(span, before);
    host.changed();
  }

  /** All that was opened together with a span. */
  private close(span: EventRef, before: View): string {
    const { host } = this;
    const { opened } = host.folds;
    const members = [...opened].filter(([, view]) => view === before);
    for (const [member] of members) opened.delete(member);
    host.changed();
    host.show(before);
    const name = `${host.scene().texts.labelsOf(span, false)[0] ?? ""} ×${members.length}`;
    return host.label("{name}: one bar", { name });
  }
}
