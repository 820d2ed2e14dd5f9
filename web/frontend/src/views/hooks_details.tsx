/** One registered function: its figures, why it runs where it does, its source, who ran it. */
import { clock, duration } from "../i18n/format";
import { number, plural, t } from "../i18n/translate";
import { phaseOfKind } from "../model/kinds";
import type { EventView } from "../model/log";
import { type Registration, setupOf } from "../model/registrations";
import { type Runs, runsIn } from "../model/runs";
import { factsOf } from "../state/facts";
import type { Workspace } from "../state/workspace";
import { usePage } from "./context";
import { Histogram } from "./histogram";
import { latestRuns, showRun } from "./hooks_runs";
import { placeText, remark, scopeText } from "./hooks_table";
import { DocsLink, Foreign, PathTail, ScrollBox } from "./marks";
import { Source } from "./source";

/** Runs that are listed; the others are found in Live. */
const LISTED = 12;

const API = "https://flask.palletsprojects.com/en/stable/api/";
/** Where Flask's documentation speaks of a kind. */
const DOCS: Readonly<Record<string, string>> = {
  before_first_request:
    "https://flask.palletsprojects.com/en/2.2.x/api/#flask.Flask.before_first_request",
  before_request: `${API}#flask.Flask.before_request`,
  after_request: `${API}#flask.Flask.after_request`,
  after_this_request: `${API}#flask.after_this_request`,
  teardown_request: `${API}#flask.Flask.teardown_request`,
  teardown_appcontext: `${API}#flask.Flask.teardown_appcontext`,
  url_value_preprocessor: `${API}#flask.Flask.url_value_preprocessor`,
  url_defaults: `${API}#flask.Flask.url_defaults`,
  context_processor: `${API}#flask.Flask.context_processor`,
  template_filter: `${API}#flask.Flask.template_filter`,
  template_global: `${API}#flask.Flask.template_global`,
  template_test: `${API}#flask.Flask.template_test`,
  error_handler: `${API}#flask.Flask.register_error_handler`,
  view: `${API}#flask.Flask.add_url_rule`,
  signal: `${API}#signals`,
  signal_receiver: `${API}#signals`,
  blueprint: `${API}#flask.Flask.register_blueprint`,
};

interface Props {
  row: Registration | null;
  rows: readonly Registration[];
  workspace: Workspace;
  /** Application → requests that reached it. */
  requests: ReadonlyMap<string, number>;
  recording: string | null;
}

export function HooksDetails({ row, ...others }: Props) {
  return (
    <ScrollBox class="details hooks-details" label={t("hooks.details")}>
      {row === null ? (
        <p class="empty">{t("hooks.select")}</p>
      ) : (
        <Selected key={row.key} row={row} {...others} />
      )}
    </ScrollBox>
  );
}

function Selected(props: Props & { row: Registration }) {
  const { row, rows, workspace, requests, recording } = props;
  const latest = latestRuns(workspace, row, LISTED);
  const event = latest[0] === undefined ? undefined : workspace.log.event(latest[0]);
  const phase = row.kind === "error_handler" ? "error" : phaseOfKind(row.kind);
  const docs = DOCS[row.kind];
  return (
    <>
      <div class="event-title" data-testid="hook-title">
        <span class={`swatch ph-${phase}`} aria-hidden="true" />
        <h2>
          <Foreign text={row.name} />
        </h2>
      </div>
      <p class="sentence">
        {row.kind}, <Foreign text={scopeText(row)} /> {docs && <DocsLink to={docs} />}
      </p>
      {row.runs === null ? (
        <p class="sentence">{remark(row, requests)}</p>
      ) : (
        <Figures runs={row.runs} />
      )}
      <Why row={row} rows={rows} workspace={workspace} />
      {row.kind !== "signal" && event !== undefined && (
        <Source facts={factsOf(workspace.log, event)} />
      )}
      {row.runs !== null && (
        <Latest row={row} latest={latest} workspace={workspace} recording={recording} />
      )}
    </>
  );
}

function Figures({ runs }: { runs: Runs }) {
  const figures: [string, string][] = [
    [number(runs.count), t(runs.of.kind === "signal" ? "hooks.sends" : "hooks.runs")],
  ];
  if (runs.returned > 0) figures.push([number(runs.returned), t("hooks.answered")]);
  if (runs.raised > 0) figures.push([number(runs.raised), t("hooks.failed")]);
  const timed = runs.of.kind !== "signal" || runs.receivers > 0;
  if (runs.mean !== null && timed) figures.push([duration(runs.mean), t("hooks.mean")]);
  if (runs.count > 1 && timed) figures.push([duration(runs.total), t("hooks.total")]);
  return (
    <>
      <dl class="figures">
        {figures.map(([value, name]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {runs.durations.length > 2 && timed && (
        <Histogram values={runs.durations.data.subarray(0, runs.durations.length)} />
      )}
    </>
  );
}

function Why(props: Pick<Props, "rows" | "workspace"> & { row: Registration }) {
  const { row, rows, workspace } = props;
  const setup = setupOf(row, runsIn(workspace.log), workspace.log);
  return (
    <section class="why" aria-label={t("hooks.why")}>
      <h3 class="cap">{t("hooks.why")}</h3>
      <ol>
        {setup !== null && <SetupStep setup={setup} />}
        <li>{orderText(row, rows)}</li>
        {row.file !== null && (
          <li>
            {row.by === null ? t("hooks.own") : t("hooks.fromPackage", { package: row.by })}
            <span class="mono">
              <PathTail path={placeText(row)} />
            </span>
          </li>
        )}
        {meaningOf(row) !== null && <li>{meaningOf(row)}</li>}
        {row.died > 0 && <li class="bad">{plural("hooks.goneText", row.died)}</li>}
        {row.died === 0 && row.sendsSince > 0 && (
          <li class="bad">{plural("hooks.diedText", row.sendsSince)}</li>
        )}
        {!row.announced && row.kind !== "signal" && <li>{t("hooks.notAnnouncedText")}</li>}
        {setup === null && row.announced && <li class="t2">{t("hooks.unknownSetup")}</li>}
      </ol>
    </section>
  );
}

function SetupStep({ setup }: { setup: EventView }) {
  const { who, registered_by: by, file, line } = setup.attributes;
  const named = typeof who === "string" ? who : "?";
  return (
    <li>
      {typeof by === "string"
        ? t("hooks.registeredBy", { who: named, package: by })
        : named === "<module>"
          ? t("hooks.registeredAtImport")
          : t("hooks.registeredIn", { who: named })}
      {typeof file === "string" && (
        <span class="mono">
          <PathTail path={typeof line === "number" ? `${file}:${line}` : file} />
        </span>
      )}
    </li>
  );
}

/** Its place among its like, and the rule by which they follow each other. */
function orderText(row: Registration, rows: readonly Registration[]): string {
  const rule = t(`hooks.rule.${row.group}`);
  if (row.order === null) return rule;
  const like = rows.filter(
    ({ kind, app, scope }) => kind === row.kind && app === row.app && scope === row.scope,
  );
  const place = t("hooks.placeText", { place: row.order, n: Math.max(like.length, row.order) });
  return `${place}: ${rule}`;
}

function meaningOf(row: Registration): string | null {
  if (row.detail === "") return null;
  if (row.kind === "signal_receiver") return t("hooks.listensTo", { signal: row.detail });
  if (row.kind === "error_handler") return t("hooks.handles", { for: row.detail });
  return row.kind === "view" ? t("hooks.matches", { rule: row.detail }) : null;
}

function Latest(
  props: Pick<Props, "workspace" | "recording"> & { row: Registration; latest: readonly number[] },
) {
  const { row, latest, workspace, recording } = props;
  const page = usePage();
  return (
    <section class="latest" aria-label={t("hooks.latest")}>
      <h3 class="cap">
        {t("hooks.latest")}
        {(row.runs?.count ?? 0) > latest.length &&
          ` · ${t("hooks.latestOf", { shown: latest.length, n: row.runs?.count ?? 0 })}`}
      </h3>
      {latest.length === 0 && <p class="t2">{t("hooks.noneLoaded")}</p>}
      <ul>
        {latest.map((index) => (
          <li key={index}>
            <RunButton
              index={index}
              workspace={workspace}
              onClick={() => void showRun(page, workspace, index, recording)}
            />
          </li>
        ))}
      </ul>
    </section>
  );
}

function RunButton(props: { index: number; workspace: Workspace; onClick: () => void }) {
  const { index, workspace, onClick } = props;
  const event = workspace.log.event(index) as EventView;
  const item = workspace.items.value.find(({ id }) => id === event.traceId);
  const root = event.traceId === null ? undefined : workspace.log.eventsOf(event.traceId)[0];
  const name = item?.name ?? (root === undefined ? null : workspace.log.event(root)?.name);
  const { span } = factsOf(workspace.log, event);
  return (
    <button type="button" class="run" onClick={onClick}>
      <span class="ellipsis">
        <Foreign text={name ?? t("hooks.outside")} />
      </span>
      <span class="num t2">{clock(Number(workspace.log.absolute(event.t)))}</span>
      <span class="num">{span === null ? t("hooks.stillRuns") : duration(span)}</span>
    </button>
  );
}
