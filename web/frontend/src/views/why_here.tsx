/** "Why here?": who registered what ran, its place among its like, how a handler was chosen. */
import "../styles/map.css";
import { type MessageKey, t } from "../i18n/translate";
import { isolate } from "../lib/isolate";
import { mapsOf } from "../model/lifecycle/counts";
import type { Candidate } from "../model/lifecycle/handlers";
import { mapAround } from "../model/lifecycle/map";
import { type Said, whyHere } from "../model/lifecycle/why";
import type { EventView } from "../model/log";
import { registeredOf } from "../state/registered";
import type { Workspace } from "../state/workspace";
import { usePage } from "./context";
import { Foreign, PathTail } from "./marks";
import { StepFunctions } from "./step_functions";

export function WhyHere({ event, workspace }: { event: EventView; workspace: Workspace }) {
  const page = usePage();
  const { log } = workspace;
  const announced = registeredOf(page, workspace, event.app, event.agent).value;
  const maps = event.traceId === null ? [] : mapsOf(log, event.traceId, announced, null);
  const why = whyHere(log, event, mapAround(maps, event));
  return (
    <section class="why-here" data-testid="why">
      {why.said.length === 0 && <p class="sentence">{t("here.nothing")}</p>}
      {why.said.map((one) => (
        <Sentence key={one.id} said={one} workspace={workspace} />
      ))}
      {why.siblings.length > 1 && why.row !== null && (
        <div class="map-part">
          <h3 class="cap">{t("here.siblings")}</h3>
          <StepFunctions workspace={workspace} rows={why.siblings} current={why.row.key} />
        </div>
      )}
      {why.candidates.length > 0 && <Candidates candidates={why.candidates} />}
      {why.row !== null && (
        <button type="button" class="btn small" onClick={() => page.show("map")}>
          {t("here.onMap")}
        </button>
      )}
    </section>
  );
}

function Sentence({ said, workspace }: { said: Said; workspace: Workspace }) {
  const { event, id } = said;
  return (
    <p class="sentence">
      {sentenceOf(said)}{" "}
      {event !== null && id === "inside" && (
        <button type="button" class="link" onClick={() => workspace.selectEvent(event)}>
          {t("here.show")}
        </button>
      )}
    </p>
  );
}

function sentenceOf({ id, params }: Said): string {
  const { because, ...others } = params;
  const said = Object.fromEntries(
    Object.entries(others).map(([name, text]) => [name, isolate(text)]),
  );
  if (because !== undefined) {
    return t("here.chosen", { ...said, because: t(`because.${because}` as MessageKey) });
  }
  const isInFunction = id === "registered" && !/^(<module>)?$/.test(params.who ?? "");
  return t(isInFunction ? "here.registeredIn" : (`here.${id}` as MessageKey), said);
}

function Candidates({ candidates }: { candidates: readonly Candidate[] }) {
  return (
    <div class="map-part">
      <h3 class="cap">{t("here.candidates")}</h3>
      <ol class="map-functions">
        {candidates.map((one, i) => (
          <li
            key={`${one.scope} ${one.name} ${one.handles}`}
            aria-current={one.state === "chosen" ? "true" : undefined}
          >
            <span class="t3 num">{i + 1}</span>
            <span>
              <Foreign text={one.name} />{" "}
              <span class="t3">
                <Foreign text={one.handles} /> · {one.scope ?? t("map.functions.app")}
              </span>
              <span class="t3 mono map-place">
                <PathTail path={one.place} />
              </span>
            </span>
            <span class="t2">{t(`candidate.${one.state}`)}</span>
          </li>
        ))}
      </ol>
    </div>
  );
}
