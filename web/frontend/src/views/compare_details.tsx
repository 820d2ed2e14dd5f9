/** One step of both requests: what differs, its source in both; and where the time went in all. */
import { Fragment } from "preact";
import { duration } from "../i18n/format";
import { plural, t } from "../i18n/translate";
import { type Comparison, largestShares, type MergedStep } from "../model/compare/compare";
import type { Step } from "../model/compare/steps";
import { phaseOfKind } from "../model/kinds";
import type { Side } from "../state/compare_side";
import { factsOf } from "../state/facts";
import { changeText } from "./compare_table";
import { deltaText, valueText, wayOf } from "./compare_text";
import { usePage } from "./context";
import { Foreign, ScrollBox } from "./marks";
import { Source } from "./source";
import { SourceDiff } from "./source_diff";

const SHARES = 6;
/** Said in a line of their own. */
const IN_WORDS: ReadonlySet<string> = new Set(["count", "open", "source"]);

interface Props {
  comparison: Comparison;
  selected: MergedStep | null;
  select: (step: MergedStep) => void;
  a: Side;
  b: Side;
}

export function CompareDetails({ comparison, selected, select, a, b }: Props) {
  return (
    <ScrollBox class="details compare-details" label={t("compare.details")}>
      {selected === null ? (
        <p class="empty">{t("compare.select")}</p>
      ) : (
        <Selected key={selected.id} step={selected} a={a} b={b} />
      )}
      <hr class="rule" />
      <Where comparison={comparison} select={select} />
      <Contexts comparison={comparison} />
      <Links a={a} b={b} />
    </ScrollBox>
  );
}

function Selected({ step, a, b }: { step: MergedStep; a: Side; b: Side }) {
  const shown = (step.b ?? step.a) as Step;
  return (
    <>
      <div class="event-title" data-testid="compare-title">
        <span
          class={`swatch ph-${shown.failed ? "error" : phaseOfKind(shown.kind)}`}
          aria-hidden="true"
        />
        <h2>
          {shown.kind} <Foreign text={shown.name} />
        </h2>
      </div>
      <p class="sentence">{verdict(step)}</p>
      <Times step={step} />
      <Changes step={step} />
      <Sources step={step} a={a} b={b} />
    </>
  );
}

function verdict(step: MergedStep): string {
  if (step.difference === "onlyA") return t("compare.onlyInA");
  if (step.difference === "onlyB") return t("compare.onlyInB");
  if (step.changes.length > 0)
    return step.changes
      .filter(({ what }) => IN_WORDS.has(what))
      .map(changeText)
      .join(", ");
  return step.inside > 0 ? plural("compare.sameInside", step.inside) : t("compare.sameStep");
}

function Times({ step: { a, b, delta, ownDelta } }: { step: MergedStep }) {
  const time = (step: Step | null, of: "duration" | "own") =>
    step === null || step.duration === null ? "–" : duration(step[of] ?? 0);
  if (delta === null) return null;
  return (
    <dl class="compare-facts">
      <dt />
      <dd class="cap num">A</dd>
      <dd class="cap num">B</dd>
      <dd class="cap num">{t("compare.column.delta")}</dd>
      <dt>{t("compare.time")}</dt>
      <dd class="num">{time(a, "duration")}</dd>
      <dd class="num">{time(b, "duration")}</dd>
      <dd class={`num ${wayOf(delta)}`}>
        <b>{deltaText(delta)}</b>
      </dd>
      <dt>{t("compare.ownTime")}</dt>
      <dd class="num">{time(a, "own")}</dd>
      <dd class="num">{time(b, "own")}</dd>
      <dd class={`num ${wayOf(ownDelta)}`}>{deltaText(ownDelta)}</dd>
    </dl>
  );
}

function Changes({ step }: { step: MergedStep }) {
  const changes = step.changes.filter(({ what }) => !IN_WORDS.has(what));
  if (changes.length === 0) return null;
  return (
    <dl class="compare-changes">
      {changes.map(({ what, a, b }) => (
        <Fragment key={what}>
          <dt class="mono">{what}</dt>
          <dd class="mono less">
            <span aria-hidden="true">− </span>
            <Foreign text={valueText(a)} />
          </dd>
          <dd class="mono more">
            <span aria-hidden="true">+ </span>
            <Foreign text={valueText(b)} />
          </dd>
        </Fragment>
      ))}
    </dl>
  );
}

function Sources({ step, a, b }: { step: MergedStep; a: Side; b: Side }) {
  const [one, other] = [step.a?.attributes.source, step.b?.attributes.source];
  if (typeof one === "string" && typeof other === "string" && one !== other) {
    return <SourceDiff a={one} b={other} />;
  }
  const [side, shown] = step.b === null ? [a, step.a] : [b, step.b];
  const event = shown === null ? undefined : side.log.event(shown.event);
  if (event === undefined || typeof shown?.attributes.source !== "string") return null;
  return <Source facts={factsOf(side.log, event)} />;
}

function Where({ comparison, select }: Pick<Props, "comparison" | "select">) {
  const { shares, rest, total } = largestShares(comparison, SHARES);
  if (shares.length === 0) return null;
  return (
    <section class="compare-where" aria-labelledby="where-title">
      <h2 class="cap" id="where-title">
        {t("compare.where", { time: deltaText(total) })}
      </h2>
      <p class="t3">{t("compare.whereText")}</p>
      <ul>
        {shares.map(({ step, delta }) => (
          <li key={step.id}>
            <button type="button" class="run" onClick={() => select(step)}>
              <span class="ellipsis">
                <Foreign text={nameOf(step)} />
              </span>
              <b class={`num ${wayOf(delta)}`}>{deltaText(delta)}</b>
            </button>
          </li>
        ))}
        <li class="run rest">
          <span class="t2">{t("compare.rest")}</span>
          <span class="num t2">{deltaText(rest)}</span>
        </li>
      </ul>
    </section>
  );
}

function nameOf(step: MergedStep): string {
  const shown = (step.b ?? step.a) as Step;
  return `${shown.kind} ${shown.name}${shown.count > 1 ? ` ×${shown.count}` : ""}`;
}

function Contexts({ comparison: { contextsA, contextsB } }: Pick<Props, "comparison">) {
  const [one, other] = [contextsA.join(" › "), contextsB.join(" › ")];
  return (
    <section class="compare-where" aria-labelledby="contexts-title" data-testid="contexts">
      <h2 class="cap" id="contexts-title">
        {t("compare.contexts")}
      </h2>
      {one === other ? (
        <p>
          {t(one === "" ? "compare.contextsNone" : "compare.contextsSame")} <Foreign text={one} />
        </p>
      ) : (
        <>
          <p>{t("compare.contextsDiffer")}</p>
          <p class="less">
            − A: <Foreign text={one || "–"} />
          </p>
          <p class="more">
            + B: <Foreign text={other || "–"} />
          </p>
        </>
      )}
    </section>
  );
}

function Links({ a, b }: Pick<Props, "a" | "b">) {
  const page = usePage();
  const open = async (trace: string) => {
    await page.live.select(trace);
    page.show("live");
  };
  return (
    <div class="row links">
      <button type="button" class="btn small" onClick={() => void open(a.trace)}>
        {t("compare.showA")}
      </button>
      <button type="button" class="btn small" onClick={() => void open(b.trace)}>
        {t("compare.showB")}
      </button>
    </div>
  );
}
