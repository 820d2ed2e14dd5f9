/** The selected step: what Flask says of it, why it did or did not run, who is registered for it. */
import { type MessageKey, plural, t } from "../i18n/translate";
import { isolate } from "../lib/isolate";
import { phaseOfKind } from "../model/kinds";
import { elsewhere, type Row } from "../model/lifecycle/map";
import { notesOf } from "../model/lifecycle/table";
import type { Workspace } from "../state/workspace";
import { usePage } from "./context";
import { MapOdds } from "./map_odds";
import { type Shown, showEvent } from "./map_shown";
import { nameOfRow, remarkOf, stateText } from "./map_texts";
import { DocsLink, ScrollBox } from "./marks";
import { Source } from "./source";
import { StepFunctions } from "./step_functions";

export function MapDetails({ workspace, shown }: { workspace: Workspace; shown: Shown }) {
  const row = shown.selected;
  return (
    <ScrollBox class="details map-details" label={t("map.details")}>
      {row === null ? (
        <p class="empty">{t("map.title")}</p>
      ) : (
        <StepDetails workspace={workspace} shown={shown} row={row} />
      )}
    </ScrollBox>
  );
}

function StepDetails(props: { workspace: Workspace; shown: Shown; row: Row }) {
  const { workspace, shown, row } = props;
  const own = shown.map.rows.find(({ key }) => key === row.key) ?? row;
  const facts = workspace.selectedFacts.value;
  const hasSource = own.runs.some((run) => run.event.index === facts?.event.index);
  const phase = own.state === "raised" ? "error" : phaseOfKind(row.step.kind);
  return (
    <>
      <div class="t3 map-step-number">
        {t("map.stepOf", { n: shown.rows.indexOf(row) + 1, all: shown.rows.length })}
      </div>
      <div class="event-title">
        <span class={`swatch ph-${phase}`} aria-hidden="true" />
        <h2 data-testid="step-title">{nameOfRow(row)}</h2>
      </div>
      <p class="sentence">
        {t(`step.${row.step.id}` as MessageKey)} <DocsLink to={row.step.docs} />
      </p>
      {shown.counts === null ? (
        <Effect workspace={workspace} shown={shown} row={own} />
      ) : (
        <MapOdds counts={shown.counts} isWhole={!!shown.whole?.counts.value} row={row} />
      )}
      <Functions workspace={workspace} shown={shown} row={row} />
      {shown.counts === null && hasSource && typeof facts?.attributes.source === "string" && (
        <>
          <hr class="rule" />
          <Source facts={facts} />
        </>
      )}
      <OtherVersions row={row} line={shown.map.line} />
    </>
  );
}

/** What came of the step, or what kept the request from it. */
function Effect({ workspace, shown, row }: { workspace: Workspace; shown: Shown; row: Row }) {
  const page = usePage();
  if (row.reason !== null) {
    const { event } = row.reason;
    const cause = event === null ? undefined : workspace.log.event(event);
    return (
      <div class="map-effect">
        <b>{stateText(row.state, row.reason)}</b>
        {cause !== undefined && (
          <button
            type="button"
            class="link"
            onClick={() => showEvent(page, workspace, cause.index)}
          >
            {t("map.cause", { name: `${cause.kind} ${isolate(cause.name)}` })}
          </button>
        )}
      </div>
    );
  }
  if (row.state !== "returned" && row.state !== "raised") return null;
  const run = row.runs[0];
  const kept = shown.map.rows.filter(({ reason }) => reason?.event === run?.event.index);
  return (
    <div class="map-effect">
      <b>
        {row.state === "returned"
          ? t("map.effect.returned", { what: isolate(String(run?.attributes.returned)) })
          : remarkOf(row)}
      </b>
      {kept.length > 0 && row.state === "returned" && plural("map.effect.jump", kept.length)}
    </div>
  );
}

function Functions({ workspace, shown, row }: { workspace: Workspace; shown: Shown; row: Row }) {
  const { map } = shown;
  const rows = map.rows.filter((other) => other.step.id === row.step.id && other.fn !== null);
  const others = elsewhere(map, row.step);
  const isOfFunctions = rows.length > 0 || ["unregistered", "unseen"].includes(row.state);
  if (!isOfFunctions) return null;
  const names = others.map(({ name, scope }) => isolate(`${scope}: ${name}`)).join(", ");
  return (
    <section class="map-part">
      <h3 class="cap">{t("map.functions")}</h3>
      {rows.length === 0 && (
        <p class="t2">
          {t(row.state === "unseen" ? "map.functions.unknown" : "map.functions.none")}
        </p>
      )}
      <StepFunctions workspace={workspace} rows={rows} current={row.key} />
      {others.length > 0 && (
        <p class="t3">{plural("map.functions.elsewhere", others.length, { names })}</p>
      )}
    </section>
  );
}

function OtherVersions({ row, line }: { row: Row; line: string }) {
  const notes = notesOf(row.step, line);
  if (notes.length === 0) return null;
  return (
    <section class="map-part">
      <h3 class="cap">{t("map.versions")}</h3>
      <dl class="facts">
        {notes.map(({ id, flasks }) => (
          <>
            <dt key={id}>{flasks}</dt>
            <dd>{t(`note.${id}` as MessageKey)}</dd>
          </>
        ))}
      </dl>
    </section>
  );
}
