/** Beside the map: how to read it, what this request did, and where its time went. */
import { duration } from "../i18n/format";
import { t } from "../i18n/translate";
import type { Row } from "../model/lifecycle/map";
import { moved } from "../model/lifecycle/order";
import { phasesOf } from "../model/lifecycle/phases";
import type { Shown } from "./map_shown";

export function MapSide({ shown }: { shown: Shown }) {
  return (
    <div class="map-side-parts">
      {shown.counts === null && <Numbers shown={shown} />}
      {shown.counts === null && <Phases shown={shown} />}
      <Signs />
    </div>
  );
}

function Numbers({ shown }: { shown: Shown }) {
  const { rows } = shown.map;
  const count = (...states: Row["state"][]) =>
    rows.filter((row) => states.includes(row.state)).length;
  const away = moved(shown.map).map((step) => step.id);
  return (
    <section>
      <h2 class="cap">{t("map.counts")}</h2>
      <div class="map-numbers">
        <Count n={count("ran", "returned", "raised")} name={t("map.count.ran")} />
        <Count n={count("skipped")} name={t("map.count.skipped")} />
        <Count n={count("idle")} name={t("map.count.idle")} />
        <Count n={count("unregistered", "unseen")} name={t("map.count.unregistered")} />
      </div>
      <p class="map-order" data-testid="order">
        {away.length === 0
          ? `✓ ${t("map.matches")}`
          : `~ ${t("map.moved", { steps: away.join(", ") })}`}
      </p>
    </section>
  );
}

function Count({ n, name }: { n: number; name: string }) {
  return (
    <span>
      <b>{n}</b>
      {name}
    </span>
  );
}

function Phases({ shown }: { shown: Shown }) {
  const phases = phasesOf(shown.map);
  const whole = phases.reduce((sum, { time }) => sum + time, 0);
  const longest = phases[0]?.time ?? 1;
  if (whole === 0) return null;
  return (
    <section>
      <h2 class="cap">{t("map.phases", { time: duration(whole) })}</h2>
      <ul class="map-phases">
        {phases.map(({ phase, time }) => (
          <li key={phase} class={`ph-${phase}`}>
            <span class={`swatch ph-${phase}`} aria-hidden="true" />
            <span>{t(`map.phase.${phase}`)}</span>
            <span class="map-phase-bar" aria-hidden="true">
              <span style={{ width: `${(time / longest) * 100}%` }} />
            </span>
            <span class="num">{duration(time)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

const SIGNS = [
  ["map.legend.ran", "circle"],
  ["map.legend.returned", "flag"],
  ["map.legend.raised", "circle cross"],
  ["map.legend.skipped", "circle dashed"],
  ["map.legend.idle", "dash"],
  ["map.legend.context", "brackets"],
] as const;

function Signs() {
  return (
    <section>
      <h2 class="cap">{t("map.legend")}</h2>
      <ul class="map-signs">
        {SIGNS.map(([text, look]) => (
          <li key={text}>
            <span class="map-sign" aria-hidden="true">
              <span class={`${look} ${look === "circle cross" ? "ph-error" : "ph-hook"}`} />
            </span>
            <span>{t(text)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
