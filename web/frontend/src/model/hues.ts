/** The hue of each application: told from its name, so that it is the same in every view and every day. */

export const HUES = 6;
/** One under which the applications of each lesson differ, and the first that one sees is blue. */
const SEED = 2_166_141_966;

export class Hues {
  private readonly given = new Map<string, number>();

  /**
   * Those who are there at once, in whatever order they announced themselves. More than six cannot
   * differ: then nobody gives way.
   */
  meet(apps: Iterable<string>): void {
    const names = [...new Set(apps)].sort();
    for (const name of names) this.of(name, names.length <= HUES);
  }

  /** From 1; 0 for no application. Once given it stays, and the first six each have their own. */
  of(app: string | null, givesWay = true): number {
    if (app === null || app === "") return 0;
    const known = this.given.get(app);
    if (known !== undefined) return known;
    const taken = new Set(this.given.values());
    let hue = wanted(app);
    if (givesWay && taken.size < HUES) while (taken.has(hue)) hue = (hue % HUES) + 1;
    this.given.set(app, hue);
    return hue;
  }
}

/** FNV-1a over the name, mixed once more: a few names shall not fall together. */
function wanted(app: string): number {
  let hash = SEED;
  for (let i = 0; i < app.length; i++) hash = Math.imul(hash ^ app.charCodeAt(i), 16_777_619);
  hash = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
  return (((hash ^ (hash >>> 16)) >>> 0) % HUES) + 1;
}

/** Those of the page. */
const hues = new Hues();

export function meetApps(apps: readonly { name: string }[]): void {
  hues.meet(apps.map(({ name }) => name));
}

export function hueOf(app: string | null): number {
  return hues.of(app);
}
