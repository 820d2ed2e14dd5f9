/** Which two requests are compared, what differs in numbers, and how it is shown. */
import { clock, duration } from "../i18n/format";
import { type PluralKey, plural, t } from "../i18n/translate";
import { isolate } from "../lib/isolate";
import type { Comparison, Difference } from "../model/compare/compare";
import type { CompareView } from "../state/compare_view";
import type { TraceItem } from "../transport/items";
import { usePage } from "./context";
import { Key } from "./marks";
import { ScaleSwitch } from "./story_bar";

export const GLYPHS: Readonly<Record<Difference, string>> = {
  onlyB: "+",
  onlyA: "−",
  changed: "~",
  same: "=",
};
const ORDER: readonly Difference[] = ["onlyB", "onlyA", "changed", "same"];

interface Props {
  view: CompareView;
  sides: readonly [TraceItem | null, TraceItem | null];
  comparison: Comparison | null;
  show: (change: Partial<CompareView>) => void;
  next: () => void;
}

export function CompareHead({ view, sides, comparison, show, next }: Props) {
  return (
    <div class="compare-head">
      <h1>{t("compare.title")}</h1>
      <Choice side="a" chosen={view.a} item={sides[0]} show={show} />
      <button type="button" class="btn" onClick={() => show({ a: view.b, b: view.a, step: null })}>
        <span aria-hidden="true">⇄</span> {t("compare.swap")} <Key name="S" />
      </button>
      <Choice side="b" chosen={view.b} item={sides[1]} show={show} />
      {comparison !== null && (
        <div class="compare-tools">
          <ul class="compare-counts">
            {ORDER.map((difference) => (
              <li key={difference}>
                <Glyph difference={difference} />{" "}
                {plural(`compare.${difference}` as PluralKey, comparison.counts[difference])}
              </li>
            ))}
          </ul>
          <span class="grow" />
          <button type="button" class="btn" onClick={next}>
            {t("compare.nextDifference")} <Key name="N" />
          </button>
          <button
            type="button"
            class="btn"
            aria-pressed={view.hideSame}
            onClick={() => show({ hideSame: !view.hideSame })}
          >
            {t("compare.hideSame")} <Key name="U" />
          </button>
          <ScaleSwitch />
        </div>
      )}
    </div>
  );
}

/** Never colour alone: the sign says it, too. */
export function Glyph({ difference }: { difference: Difference }) {
  return (
    <span class={`diff-glyph g-${difference}`} aria-hidden="true">
      {GLYPHS[difference]}
    </span>
  );
}

function Choice(props: {
  side: "a" | "b";
  chosen: string | null;
  item: TraceItem | null;
  show: (change: Partial<CompareView>) => void;
}) {
  const { side, chosen, item, show } = props;
  const page = usePage();
  const opened = page.opened.value?.workspace.items.value ?? [];
  const items = new Map(
    [...page.live.items.value, ...opened, ...(item === null ? [] : [item])].map((one) => [
      one.id,
      one,
    ]),
  );
  return (
    <label class="compare-choice">
      <span class="letter" aria-hidden="true">
        {side.toUpperCase()}
      </span>
      <span class="visually-hidden">{t(`compare.${side}`)}</span>
      <select
        class="input"
        value={chosen ?? ""}
        onChange={(event) => show({ [side]: event.currentTarget.value || null, step: null })}
      >
        {chosen === null && <option value="">{t("compare.choose")}</option>}
        {chosen !== null && !items.has(chosen) && <option value={chosen}>{chosen}</option>}
        {[...items.values()].map((one) => (
          <option key={one.id} value={one.id}>
            {optionText(one)}
          </option>
        ))}
      </select>
    </label>
  );
}

export function optionText({
  name,
  path,
  method,
  status,
  duration: time,
  start_ts,
}: TraceItem): string {
  const shown = isolate(path === null || method === null ? name : `${method} ${path}`);
  const at = clock(start_ts);
  if (time === null) return t("compare.optionOpen", { name: shown, clock: at });
  const answer = status === null ? "–" : String(status);
  return t("compare.option", { name: shown, status: answer, time: duration(time), clock: at });
}
