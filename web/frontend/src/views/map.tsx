/** Screen "Lifecycle map": Flask's documented sequence, lit by one request or by all of them. */
import "../styles/map.css";
import { useEffect, useMemo } from "preact/hooks";
import { t } from "../i18n/translate";
import { countsOf, mapsOf, type RowCount } from "../model/lifecycle/counts";
import { type LifecycleMap, mapAround, rowAround } from "../model/lifecycle/map";
import { FLASKS, lineOf } from "../model/lifecycle/table";
import type { MapOptions } from "../state/location";
import type { Page } from "../state/page";
import { type Registered, registeredOf } from "../state/registered";
import { type MapsOf, type WholeMaps, wholeMapsOf } from "../state/whole_maps";
import type { Workspace } from "../state/workspace";
import { usePage } from "./context";
import { Counting } from "./counting";
import { MapDetails } from "./map_details";
import { MapDiagram } from "./map_diagram";
import type { Shown } from "./map_shown";
import { MapSide } from "./map_side";
import { Busy, ProblemBox } from "./marks";
import { Requests } from "./requests";

export function MapScreen({ workspace }: { workspace: Workspace }) {
  const page = usePage();
  workspace.revision.value;
  const shown = useShown(page, workspace);
  return (
    <main class="map-screen">
      <MapBar workspace={workspace} shown={shown} />
      <aside class="map-side">
        <Requests workspace={workspace} />
        {shown !== null && <MapSide shown={shown} />}
      </aside>
      {shown === null ? (
        <NoMap workspace={workspace} />
      ) : (
        <MapDiagram workspace={workspace} shown={shown} />
      )}
      {shown !== null && <MapDetails workspace={workspace} shown={shown} />}
    </main>
  );
}

function useShown(page: Page, workspace: Workspace): Shown | null {
  const trace = workspace.trace.value;
  const { all, ran, flask, step } = page.map.value;
  const root =
    trace === null ? undefined : workspace.log.event(workspace.log.eventsOf(trace)[0] ?? -1);
  const announced = useAnnounced(page, workspace, trace, root?.agent ?? null);
  const maps = trace === null ? [] : mapsOf(workspace.log, trace, announced, flask);
  const ref = workspace.selectedRef.value;
  const event = ref === null ? null : (workspace.log.event(ref) ?? null);
  const map = mapAround(maps, event);
  const of = all && map ? { app: map.pass.app, announced, line: flask ?? map.line } : null;
  const whole = __ENCLOSED__ ? null : useWholeMaps(page, workspace, of);
  if (map === null) return null;
  const counts = whole?.counts.value ?? (of && countsOf(workspace.log, of.app, announced, of.line));
  const lit = counts?.rows.filter((count) => !ran || timesRan(count) > 0).map(({ row }) => row);
  const rows = lit ?? (ran ? map.rows.filter((row) => row.runs.length > 0) : map.rows);
  const chosen = step === null ? undefined : rows.find((row) => row.key === step);
  const around = rowAround(map.rows, event);
  const selected = chosen ?? rows.find((row) => row.key === around?.key) ?? null;
  return { map, maps, counts, whole, rows, selected };
}

function timesRan({ ran, returned, raised }: RowCount): number {
  return ran + returned + raised;
}

/** The counts of a recording of which never all events are here; they begin when one looks. */
function useWholeMaps(page: Page, workspace: Workspace, of: MapsOf | null): WholeMaps | null {
  const replay = page.opened.value;
  const isPart = replay?.workspace === workspace && replay.large.value !== null;
  const whole = of && isPart ? wholeMapsOf(replay, of) : null;
  useEffect(() => {
    void whole?.start();
    return () => whole?.stop();
  }, [whole]);
  return whole;
}

function useAnnounced(
  page: Page,
  workspace: Workspace,
  trace: string | null,
  agent: string | null,
): readonly Registered[] {
  const events = trace === null ? 0 : workspace.log.eventsOf(trace).length;
  const apps = useMemo(() => appsOf(workspace, trace), [workspace, trace, events]);
  let items: readonly Registered[] = [];
  for (const app of apps) items = registeredOf(page, workspace, app, agent).value;
  return items;
}

/** The applications that took part in a trace. */
function appsOf(workspace: Workspace, trace: string | null): string[] {
  const { log } = workspace;
  const names = (trace === null ? [] : log.eventsOf(trace)).flatMap((index) => {
    const event = log.event(index);
    return event?.kind === "wsgi_app" && event.app !== null ? [event.app] : [];
  });
  return [...new Set(names)];
}

function MapBar({ workspace, shown }: { workspace: Workspace; shown: Shown | null }) {
  const page = usePage();
  const { all, ran } = page.map.value;
  const change = (options: Partial<MapOptions>) => {
    page.map.value = { ...page.map.value, ...options };
  };
  return (
    <div class="map-bar">
      <h1>{t("map.title")}</h1>
      <span class="t2 ellipsis" title={shown === null ? "" : subtitle(shown)}>
        {shown !== null && subtitle(shown)}
      </span>
      {!__ENCLOSED__ && shown?.whole && shown.whole.counts.value === null && (
        <Counting whole={shown.whole} share={shown.whole.share.value} />
      )}
      {shown !== null && shown.maps.length > 1 && (
        <PartChoice workspace={workspace} shown={shown} />
      )}
      <fieldset class="segments" aria-label={t("map.litBy")}>
        {([false, true] as const).map((value) => (
          <button
            key={String(value)}
            type="button"
            aria-pressed={all === value}
            onClick={() => change({ all: value })}
          >
            {t(value ? "map.byAll" : "map.byOne")}
          </button>
        ))}
      </fieldset>
      <FlaskChoice shown={shown} />
      <button type="button" class="btn" aria-pressed={ran} onClick={() => change({ ran: !ran })}>
        {t("map.onlyRan")}
      </button>
      <button type="button" class="btn" onClick={() => page.showTimeline()}>
        {t("map.inTimeline")}{" "}
        <span class="kbd" aria-hidden="true">
          M
        </span>
      </button>
    </div>
  );
}

function subtitle({ map, counts, whole }: Shown): string {
  const own = map.version;
  if (own === null) return t("map.sub.unknown", { flask: map.line });
  if (lineOf(own) !== map.line) return t("map.sub.other", { flask: map.line, own });
  if (counts !== null) {
    const key = whole?.counts.value ? "map.sub.whole" : "map.sub.all";
    return t(key, { flask: own, app: map.pass.app ?? "" });
  }
  return t("map.sub.this", { flask: own });
}

function FlaskChoice({ shown }: { shown: Shown | null }) {
  const page = usePage();
  const own = shown === null ? null : lineOf(shown.map.version);
  return (
    <label class="map-flask">
      {t("map.flask")}
      <select
        class="input"
        value={page.map.value.flask ?? own ?? ""}
        onChange={(event) => {
          const chosen = event.currentTarget.value;
          page.map.value = { ...page.map.value, flask: chosen === own ? null : chosen };
        }}
      >
        {FLASKS.map((line) => (
          <option key={line} value={line}>
            {line === own && shown?.map.version
              ? t("map.flaskOwn", { flask: shown.map.version })
              : line}
          </option>
        ))}
      </select>
    </label>
  );
}

/** A request in which several applications, or one several times, took part has a map for each. */
function PartChoice({ workspace, shown }: { workspace: Workspace; shown: Shown }) {
  return (
    <label class="map-flask">
      {t("map.part")}
      <select
        class="input"
        value={shown.maps.indexOf(shown.map)}
        onChange={(event) => {
          const map = shown.maps[Number(event.currentTarget.value)];
          workspace.selectEvent(map?.pass.flask?.event.index ?? null);
        }}
      >
        {shown.maps.map((map, i) => (
          <option key={map.pass.flask?.event.index ?? i} value={i}>
            {`${i + 1}. ${map.pass.app ?? ""} ${partName(map)}`}
          </option>
        ))}
      </select>
    </label>
  );
}

function partName({ pass }: LifecycleMap): string {
  const { method, path } = (pass.isNested ? pass.flask : pass.root)?.attributes ?? {};
  return [method, path].filter(Boolean).join(" ");
}

/** Says what is waited for, and what to do. */
function NoMap({ workspace }: { workspace: Workspace }) {
  const trace = workspace.trace.value;
  const problem = workspace.problem.value;
  const loading = workspace.loading.value;
  const isEmpty = trace === null || workspace.log.eventsOf(trace).length === 0;
  const which = trace === null || (isEmpty && !loading) ? "none" : "script";
  return (
    <section class="map-empty">
      {problem !== null && <ProblemBox error={problem} />}
      {loading ? (
        <Busy>{t("map.loading.text")}</Busy>
      ) : (
        <>
          <h2>{t(`map.${which}.title`)}</h2>
          <p>{t(`map.${which}.text`)}</p>
        </>
      )}
    </section>
  );
}
