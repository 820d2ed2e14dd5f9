/** What the timeline's fills, triangles and frames mean. */
import { type MessageKey, t } from "../i18n/translate";

const FILLS = ["request", "hook", "view", "template", "session", "io"] as const;

export function Legend() {
  return (
    <ul class="legend" aria-label={t("legend.title")}>
      {FILLS.map((phase) => (
        <li key={phase}>
          <span class={`swatch ph-${phase}`} aria-hidden="true" />
          {t(`legend.${phase}` as MessageKey)}
        </li>
      ))}
      <li>
        <Triangle hollow={false} />
        {t("legend.signal")}
      </li>
      <li>
        <Triangle hollow />
        {t("legend.noReceivers")}
      </li>
      <li>
        <Sleeve />
        {t("legend.context")}
      </li>
      <li>
        <span class="swatch ghost" aria-hidden="true" />
        {t("legend.skipped")}
      </li>
      <li>
        <span class="swatch ph-error" aria-hidden="true" />
        {t("legend.exception")}
      </li>
    </ul>
  );
}

function Triangle({ hollow }: { hollow: boolean }) {
  return (
    <svg width="11" height="10" viewBox="0 0 11 10" aria-hidden="true">
      <path class={`signal-mark ${hollow ? "hollow" : ""}`} d="M1 1h9l-4.5 8z" />
    </svg>
  );
}

function Sleeve() {
  return (
    <svg width="22" height="16" viewBox="0 0 22 16" aria-hidden="true" class="a1">
      <rect
        x="1"
        y="1"
        width="20"
        height="14"
        rx="5"
        fill="var(--app)"
        fill-opacity=".05"
        stroke="var(--app)"
        stroke-opacity=".55"
      />
      <path
        d="M7 1.2H4a3 3 0 0 0-3 3v7.6a3 3 0 0 0 3 3h3M15 1.2h3a3 3 0 0 1 3 3v7.6a3 3 0 0 1-3 3h-3"
        fill="none"
        stroke="var(--app)"
        stroke-width="2.4"
        stroke-linecap="round"
      />
    </svg>
  );
}
