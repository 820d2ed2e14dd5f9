/** What is said when the dashboard is back: what passed meanwhile, and what ended with it. */
import { loadTexts } from "../i18n/catalogue";
import { clock } from "../i18n/format";
import { plural, t } from "../i18n/translate";
import { isolate } from "../lib/isolate";
import type { RecordingItem } from "../transport/items";
import type { Missed } from "../transport/live";

export interface News {
  missed?: Missed;
  /** It has another store. */
  restarted?: boolean;
  /** The recording that it was writing when it ended. */
  interrupted?: RecordingItem;
}

/** What is bad stands first. */
export async function newsText({ missed, restarted, interrupted }: News): Promise<string> {
  await loadTexts("dashboard");
  const said: string[] = [];
  if (interrupted) said.push(interruptedText(interrupted));
  if (missed) said.push(...missedText(missed));
  if (restarted) said.push(t("away.restarted"));
  return said.join(" ");
}

function missedText({ passed, loaded }: Missed): string[] {
  const gone = passed - loaded;
  const said = passed === 0 ? [t("away.none")] : [];
  if (loaded > 0) said.push(plural("away.loaded", loaded));
  if (gone > 0) said.push(plural("away.gone", gone));
  return said;
}

function interruptedText({ name: called, events, stopped }: RecordingItem): string {
  const name = isolate(called);
  if (events === 0 || stopped === null) return t("away.interruptedEmpty", { name });
  return plural("away.interrupted", events, { name, time: clock(stopped) });
}
