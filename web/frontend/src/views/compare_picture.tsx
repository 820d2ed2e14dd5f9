/** Both requests drawn above each other on one axis; the table below says the same in words. */
import { useMemo } from "preact/hooks";
import { clock, duration } from "../i18n/format";
import { plural, t } from "../i18n/translate";
import { formatTick, tickStep } from "../lib/format";
import type { Comparison, MergedStep } from "../model/compare/compare";
import {
  type Bar,
  type Frame,
  type Picture,
  pictureOf,
  type SideName,
} from "../model/compare/picture";
import { labelsOf } from "../model/kinds";
import type { Side } from "../state/compare_side";
import { Glyph } from "./compare_head";
import { deltaText, shareText, wayOf } from "./compare_text";
import { usePage } from "./context";
import { Foreign, hueClass, ScrollBox } from "./marks";

const ROW = 24;
const BAR = 20;
const TOP = 14;
const HEM = 20;
/** Share of the width that is left for what stands behind the longer one's end. */
const USED = 0.97;
const TICKS = 10;
/** Share of the width within which the names of two contexts would overlap. */
const CLOSE = 0.2;

interface Props {
  comparison: Comparison;
  a: Side;
  b: Side;
  selected: MergedStep | null;
  select: (step: MergedStep) => void;
}

export function ComparePicture({ comparison, a, b, selected, select }: Props) {
  const scale = usePage().preferences.scale.value;
  const picture = useMemo(() => pictureOf(comparison, scale), [comparison, scale]);
  const summary = (side: Side, length: number) =>
    `${side.item.name}, ${side.item.status ?? ""}, ${duration(length)}`;
  return (
    <>
      <ScrollBox class="compare-picture" label={t("compare.bars")}>
        {/* biome-ignore lint/a11y/useKeyWithClickEvents: a picture; the table below has its keys */}
        <div
          role="img"
          aria-label={t("compare.picture", {
            a: summary(a, comparison.lengthA),
            b: summary(b, comparison.lengthB),
          })}
          data-testid="picture"
          data-scale={scale}
          onClick={(event) => {
            const bar = (event.target as Element).closest<HTMLElement>("[data-step]");
            const step = comparison.steps[Number(bar?.dataset.step ?? -1)];
            if (step !== undefined) select(step);
          }}
        >
          {scale === "time" && <Ruler comparison={comparison} />}
          <SideRows name="a" side={a} {...{ comparison, picture, selected, scale }} />
          <SideRows name="b" side={b} {...{ comparison, picture, selected, scale }} />
        </div>
      </ScrollBox>
      {picture.leftOut > 0 && (
        <p class="compare-trouble t2">{plural("compare.leftOut", picture.leftOut)}</p>
      )}
    </>
  );
}

function Ruler({ comparison }: { comparison: Comparison }) {
  const longest = Math.max(comparison.lengthA, comparison.lengthB, 1);
  const step = tickStep(longest / TICKS);
  const ticks = Array.from({ length: Math.floor(longest / step) + 1 }, (_, i) => i * step);
  return (
    <div class="compare-ruler">
      {ticks.map((time) => (
        <span key={time} style={{ left: percent(time / longest) }}>
          {formatTick(time, step)}
        </span>
      ))}
    </div>
  );
}

interface SideProps extends Pick<Props, "comparison" | "selected"> {
  name: SideName;
  side: Side;
  picture: Picture;
  scale: "steps" | "time";
}

function SideRows({ name, side, comparison, picture, selected, scale }: SideProps) {
  const { bars, frames } = picture[name];
  const length = name === "a" ? comparison.lengthA : comparison.lengthB;
  const delta = comparison.lengthB - comparison.lengthA;
  const height = TOP + picture.rows * ROW + HEM;
  const frameNames = namesOf(frames);
  return (
    <section class="compare-side">
      <div class="compare-name">
        <div>
          <span class="letter">{name.toUpperCase()}</span>{" "}
          <span class="t2">{clock(side.item.start_ts)}</span>
        </div>
        <div class="length">{duration(length)}</div>
        {name === "b" && delta !== 0 && (
          <div class={wayOf(delta)}>
            {deltaText(delta)} {shareText(delta, comparison.lengthA)}
          </div>
        )}
      </div>
      <div class="compare-bars" style={{ height: `${height}px` }}>
        {frames.map((frame, i) => (
          <Sleeve
            key={`${frame.type}${frame.x}${frame.nesting}`}
            frame={frame}
            name={frameNames[i] ?? ""}
          />
        ))}
        {bars.map((bar) => (
          <BarBox
            key={bar.merged.id}
            bar={bar}
            name={name}
            side={side}
            selected={bar.merged === selected}
          />
        ))}
        {scale === "time" && name === (delta > 0 ? "a" : "b") && delta !== 0 && (
          <Bracket comparison={comparison} />
        )}
      </div>
    </section>
  );
}

/** From the end of the shorter one to that of the longer one. */
function Bracket({ comparison: { lengthA, lengthB } }: { comparison: Comparison }) {
  const delta = lengthB - lengthA;
  const longest = Math.max(lengthA, lengthB, 1);
  const shorter = Math.min(lengthA, lengthB);
  if ((longest - shorter) / longest < 0.08) return null;
  return (
    <div
      class={`bracket ${wayOf(delta)}`}
      style={{ left: percent(shorter / longest), width: percent(1 - shorter / longest) }}
    >
      <span>{deltaText(delta)}</span>
    </div>
  );
}

/** Two that begin close to each other share one line: the inner one names both. */
function namesOf(frames: readonly Frame[]): string[] {
  let outer: Frame[] = [];
  return frames.map((frame, i) => {
    const next = frames[i + 1];
    const named = [...outer, frame];
    const close = next !== undefined && next.nesting > frame.nesting && next.x - frame.x < CLOSE;
    outer = close ? named : [];
    if (close) return "";
    const types = named.map(({ type }) => type).join(" + ");
    return `${types} ${[...new Set(named.map(({ app }) => app ?? ""))].join(", ")}`;
  });
}

function Sleeve({ frame, name }: { frame: Frame; name: string }) {
  const inset = Math.min(frame.nesting, 3) * 4;
  return (
    <div
      class={`sleeve ${hueClass(frame.app)}`}
      style={{
        left: percent(frame.x),
        width: percent(frame.width),
        top: `${ROW - 4 + inset}px`,
        bottom: `${inset}px`,
      }}
    >
      <span class="ellipsis">
        <Foreign text={name} />
      </span>
    </div>
  );
}

interface BarProps {
  bar: Bar;
  name: SideName;
  side: Side;
  selected: boolean;
}

function BarBox({ bar, name, side, selected }: BarProps) {
  const { merged, step, phase } = bar;
  const event = side.log.event(step.event);
  const label = event === undefined ? step.name : (labelsOf(event)[0] ?? step.name);
  const times = step.count > 1 ? ` ×${step.count}` : "";
  const lone = merged.difference === "onlyA" || merged.difference === "onlyB";
  const marked = merged.difference !== "same" && (lone ? true : name === "b");
  return (
    <div
      class={[
        "compare-bar",
        `ph-${phase}`,
        hueClass(step.app),
        lone ? `lone-${name}` : "",
        selected ? "selected" : "",
      ].join(" ")}
      style={{
        left: percent(bar.x),
        width: percent(bar.width),
        top: `${TOP + bar.depth * ROW}px`,
        height: `${BAR}px`,
      }}
      data-step={merged.id}
      title={`${step.kind} ${step.name}${times}${step.duration === null ? "" : `, ${duration(step.duration)}`}`}
    >
      <span class="ellipsis">{`${label}${times}`}</span>
      {marked && <Glyph difference={merged.difference} />}
    </div>
  );
}

function percent(share: number): string {
  return `${(share * USED * 100).toFixed(3)}%`;
}
