/** Before and after the selected step: g, the session and the response, and who set what. */
import { t } from "../i18n/translate";
import { type Known, type Part, type StateRow, stateOf } from "../model/state";
import type { SpanFacts } from "../state/facts";
import type { Workspace } from "../state/workspace";
import { Foreign } from "./marks";

const GLYPHS = { "+": "added", "−": "removed", "~": "changed" } as const;

export function StateTab({ facts, workspace }: { facts: SpanFacts; workspace: Workspace }) {
  const trace = facts.event.traceId;
  const history = trace === null ? null : stateOf(workspace.log, trace);
  if (history === null || !history.isRecorded) return <HowToRecord />;
  const rows = history.rowsAt(facts.event);
  if (rows.length === 0) return <p class="empty">{t("state.nothing")}</p>;
  return (
    <table class="state" data-testid="state">
      <thead>
        <tr>
          <th scope="col">{t("state.name")}</th>
          <th scope="col">{t("state.value")}</th>
          <th scope="col">{t("state.setBy")}</th>
        </tr>
      </thead>
      {partsIn(rows).map((part) => (
        <tbody key={part}>
          <tr>
            <th class="part" colSpan={3} scope="rowgroup">
              {part === "response" ? t("state.response") : <code>{part}</code>}
            </th>
          </tr>
          {rows
            .filter((row) => row.part === part)
            .map((row) => (
              <Row key={row.name} row={row} workspace={workspace} />
            ))}
        </tbody>
      ))}
    </table>
  );
}

function partsIn(rows: readonly StateRow[]): Part[] {
  return [...new Set(rows.map((row) => row.part))];
}

function Row({ row, workspace }: { row: StateRow; workspace: Workspace }) {
  const { glyph, name, before, after } = row;
  const last = (after ?? before) as Known;
  return (
    <tr class={glyph === "" ? "" : "changed"} data-glyph={glyph}>
      <th scope="row" class="mono">
        {glyph !== "" && (
          <span role="img" aria-label={t(`changes.${GLYPHS[glyph]}`)}>
            {glyph}{" "}
          </span>
        )}
        <Foreign text={name} />
      </th>
      <td class="mono">
        {before !== null && glyph !== "" && (
          <del>
            <Value known={before} />
          </del>
        )}{" "}
        {after !== null && <Value known={after} />}
      </td>
      <td>
        <SetBy known={last} workspace={workspace} />
      </td>
    </tr>
  );
}

function Value({ known }: { known: Known }) {
  if (known.value === null) return <span class="t3">{t("state.notRecorded")}</span>;
  return <Foreign text={known.value} />;
}

/** Goes to the step that set it; for something that was removed, to the one that had set it. */
function SetBy({ known, workspace }: { known: Known; workspace: Workspace }) {
  const step = workspace.log.event(known.setBy);
  if (step === undefined) return null;
  return (
    <button type="button" class="link" onClick={() => workspace.selectEvent(step.index)}>
      <Foreign text={`${step.kind} ${step.name}`} />
    </button>
  );
}

function HowToRecord() {
  return (
    <div class="stack">
      <p class="empty">{t("state.off")}</p>
      <pre class="code command">
        <code>{'Tracer(app, record="state")'}</code>
      </pre>
      <p class="empty">{t("state.offEnvironment")}</p>
      <pre class="code command">
        <code>FLASKSCOPE_RECORD=state</code>
      </pre>
    </div>
  );
}
