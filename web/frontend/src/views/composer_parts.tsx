/** Parts of the composer's form: rows of names and values, the body, the cookie jar. */
import { type MessageKey, t } from "../i18n/translate";
import type { BodyKind, Draft, Pair } from "../state/composer";
import { usePage } from "./context";

const BODIES: readonly BodyKind[] = ["none", "form", "json", "raw"];

export interface PartProps {
  draft: Draft;
  change: (part: Partial<Draft>) => void;
}

export function Pairs(props: { legend: string; pairs: Pair[]; onChange: (pairs: Pair[]) => void }) {
  const { legend, pairs, onChange } = props;
  const set = (row: number, part: Partial<Pair>) =>
    onChange(pairs.map((pair, i) => (i === row ? { ...pair, ...part } : pair)));
  return (
    <fieldset class="fields">
      <legend>{legend}</legend>
      <div class="pairs">
        {pairs.map((pair, row) => (
          <div class="pair" key={row}>
            <input
              class="input mono"
              aria-label={t("composer.pairName", { of: legend, row: row + 1 })}
              value={pair.name}
              onInput={(event) => set(row, { name: event.currentTarget.value })}
            />
            <input
              class="input mono"
              aria-label={t("composer.pairValue", { of: legend, row: row + 1 })}
              value={pair.value}
              onInput={(event) => set(row, { value: event.currentTarget.value })}
            />
            <button
              type="button"
              class="btn quiet"
              aria-label={t("composer.removePair", { of: legend, row: row + 1 })}
              onClick={() => onChange(pairs.filter((_, i) => i !== row))}
            >
              ✕
            </button>
          </div>
        ))}
        <div>
          <button
            type="button"
            class="btn small"
            onClick={() => onChange([...pairs, { name: "", value: "" }])}
          >
            {t("composer.addPair")}
            <span class="visually-hidden"> {legend}</span>
          </button>
        </div>
      </div>
    </fieldset>
  );
}

export function BodyFields({ draft, change }: PartProps) {
  return (
    <fieldset class="fields">
      <legend>{t("composer.body")}</legend>
      <div class="row">
        {BODIES.map((kind) => (
          <label class="check" key={kind}>
            <input
              type="radio"
              name="body-kind"
              checked={draft.bodyKind === kind}
              onChange={() => change({ bodyKind: kind })}
            />
            {t(`composer.body.${kind}` as MessageKey)}
          </label>
        ))}
      </div>
      {draft.bodyKind === "form" && (
        <Pairs
          legend={t("composer.formFields")}
          pairs={draft.form}
          onChange={(form) => change({ form })}
        />
      )}
      {draft.bodyKind === "json" && (
        <BodyText value={draft.json} onInput={(json) => change({ json })} />
      )}
      {draft.bodyKind === "raw" && (
        <BodyText value={draft.raw} onInput={(raw) => change({ raw })} />
      )}
    </fieldset>
  );
}

function BodyText({ value, onInput }: { value: string; onInput: (value: string) => void }) {
  return (
    <label class="field">
      <span class="visually-hidden">{t("composer.bodyText")}</span>
      <textarea
        class="input mono"
        rows={5}
        value={value}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
    </label>
  );
}

export function Cookies({ draft, change }: PartProps) {
  const page = usePage();
  const reset = async () => {
    try {
      await page.api.send(`api/cookie_jars/${encodeURIComponent(draft.jar)}`, { method: "DELETE" });
      page.say(t("composer.jarEmptied", { jar: draft.jar }));
    } catch (error) {
      page.fail(error);
    }
  };
  return (
    <fieldset class="fields">
      <legend>{t("composer.cookies")}</legend>
      <div class="row">
        <label class="check">
          <input
            type="checkbox"
            checked={draft.useJar}
            onChange={(event) => change({ useJar: event.currentTarget.checked })}
          />
          {t("composer.keepCookies")}
        </label>
        {draft.useJar && (
          <>
            <label>
              <span class="visually-hidden">{t("composer.jarName")}</span>
              <input
                class="input mono"
                value={draft.jar}
                onInput={(event) => change({ jar: event.currentTarget.value })}
              />
            </label>
            <button type="button" class="btn small" onClick={() => void reset()}>
              {t("composer.emptyJar")}
            </button>
          </>
        )}
      </div>
    </fieldset>
  );
}
