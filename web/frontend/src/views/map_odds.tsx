/** One step in all requests: how often it ran, and why it was skipped where it was. */
import { number, t } from "../i18n/translate";
import type { Counts, RowCount } from "../model/lifecycle/counts";
import type { Row } from "../model/lifecycle/map";
import { whyText } from "./map_texts";

const PARTS = ["ran", "returned", "raised", "skipped", "idle", "unregistered"] as const;

export function MapOdds(props: { counts: Counts; isWhole: boolean; row: Row }) {
  const { counts, isWhole, row } = props;
  const count = counts.rows.find((one) => one.row.key === row.key);
  if (count === undefined) return null;
  const parts = PARTS.filter((part) => count[part] > 0);
  return (
    <section class="map-part">
      <h3 class="cap">{t(isWhole ? "map.whole" : "map.all", { n: counts.requests })}</h3>
      <div class="map-odds" aria-hidden="true">
        {parts.map((part) => (
          <span key={part} class={part} style={{ flexGrow: count[part] }} />
        ))}
      </div>
      <dl class="map-odds-list">
        {parts.map((part) => (
          <div key={part}>
            <dt>{t(`map.all.${part}`)}</dt>
            <dd class="num">{number(count[part])}</dd>
          </div>
        ))}
      </dl>
      <Reasons count={count} />
    </section>
  );
}

function Reasons({ count }: { count: RowCount }) {
  const reasons = [...count.reasons.values()].sort((a, b) => b.count - a.count);
  if (reasons.length === 0) return null;
  return (
    <>
      <h3 class="cap">{t("map.all.why")}</h3>
      <dl class="map-odds-list">
        {reasons.map(({ reason, count: times }) => (
          <div key={reason.id}>
            <dt>{whyText(reason)}</dt>
            <dd class="num">{number(times)}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}
