/** What a step changed in g, the session and the response, as a small list. */
import { t } from "../i18n/translate";
import { type Change, changesOf } from "../model/changes";
import { Foreign } from "./marks";

export function Changes({ changes }: { changes: unknown }) {
  const lines = changesOf(changes);
  return (
    <section class="changes" aria-label={t("changes.label")} data-testid="changes">
      <h3>{t("changes.label")}</h3>
      {lines.length === 0 ? (
        <p class="sentence">{t("changes.none")}</p>
      ) : (
        <ul>
          {lines.map((line) => (
            <Line key={`${line.part} ${line.glyph} ${line.name}`} line={line} />
          ))}
        </ul>
      )}
    </section>
  );
}

function Line({ line: { part, glyph, name, before, after } }: { line: Change }) {
  return (
    <li>
      <span class="glyph" role="img" aria-label={t(`changes.${KEYS[glyph]}`)}>
        {glyph}
      </span>{" "}
      <span class="part">{part}</span> <Foreign text={name} />{" "}
      <code>
        {before !== null && <Foreign text={before} />}
        {before !== null && after !== null && " → "}
        {after !== null && <Foreign text={after} />}
      </code>
    </li>
  );
}

const KEYS = { "+": "added", "−": "removed", "~": "changed" } as const;
