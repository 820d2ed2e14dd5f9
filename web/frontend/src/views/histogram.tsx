/** How times are spread: bars over a logarithmic axis, with the median marked. */
import { duration } from "../i18n/format";
import { t } from "../i18n/translate";

const BINS = 18;
const WIDTH = 320;
const HEIGHT = 66;
const TOP = 16;

export interface Spread {
  least: number;
  most: number;
  median: number;
  /** Number of values in each of equal parts of the logarithm between least and most. */
  counts: number[];
}

/** *values* in any unit above zero; at least one. O(n log n). */
export function spreadOf(values: ArrayLike<number>, bins = BINS): Spread {
  const inOrder = Float64Array.from(values).sort();
  const least = Math.max(inOrder[0] as number, 1);
  const most = Math.max(inOrder.at(-1) as number, least);
  const width = Math.log(most / least) / bins;
  const counts = new Array<number>(bins).fill(0);
  for (const value of inOrder) {
    const bin = width === 0 ? 0 : Math.floor(Math.log(Math.max(value, least) / least) / width);
    const at = Math.min(bin, bins - 1);
    counts[at] = (counts[at] as number) + 1;
  }
  return { least, most, median: inOrder[(inOrder.length - 1) >> 1] as number, counts };
}

export function Histogram({ values }: { values: ArrayLike<number> }) {
  const { least, most, median, counts } = spreadOf(values);
  const tallest = Math.max(...counts);
  const step = WIDTH / counts.length;
  const room = HEIGHT - TOP;
  const at =
    most > least ? (Math.log(Math.max(median, least) / least) / Math.log(most / least)) * WIDTH : 0;
  const end = at > WIDTH * 0.6;
  return (
    <figure class="histogram">
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label={t("hooks.histogram", {
          n: values.length,
          least: duration(least),
          most: duration(most),
          median: duration(median),
        })}
      >
        {counts.map((count, i) => {
          const height = count === 0 ? 0 : Math.max(1.5, (count / tallest) * room);
          return (
            <rect
              key={i}
              x={i * step + 0.5}
              y={HEIGHT - height - 0.5}
              width={step - 1}
              height={height}
            />
          );
        })}
        <path class="base" d={`M0 ${HEIGHT - 0.5}H${WIDTH}`} />
        <path class="median" d={`M${at} ${TOP - 6}V${HEIGHT}`} />
        <text x={end ? at - 4 : at + 4} y={11} text-anchor={end ? "end" : "start"}>
          {t("hooks.median", { time: duration(median) })}
        </text>
      </svg>
      <figcaption>
        <span>{duration(least)}</span>
        <span>{duration(most)}</span>
      </figcaption>
    </figure>
  );
}
