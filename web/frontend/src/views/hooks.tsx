/** Hooks & signals: everything registered in each application, and what its runs tell. */
import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { type MessageKey, plural, t } from "../i18n/translate";
import { heldIn, type Registration, registrationsOf } from "../model/registrations";
import { runsIn } from "../model/runs";
import { ENCLOSED } from "../state/fragment_bar";
import {
  CATEGORIES,
  type HooksView,
  isShown,
  narrowed,
  readHooksView,
  sorted,
  writeHooksView,
} from "../state/hooks_view";
import type { Page } from "../state/page";
import { type WholeRuns, wholeRunsOf } from "../state/whole_runs";
import type { Workspace } from "../state/workspace";
import type { RegisteredItem } from "../transport/items";
import { usePage } from "./context";
import { Counting } from "./counting";
import { copyRows } from "./hooks_csv";
import { HooksDetails } from "./hooks_details";
import { HooksTable } from "./hooks_table";
import { Busy, ProblemBox } from "./marks";

export function Hooks() {
  const page = usePage();
  const view = readHooksView(page.own.value);
  const show = (change: Partial<HooksView>) => {
    page.own.value = writeHooksView({ ...view, ...change });
  };
  const workspace = useWorkspace(page, view.recording);
  const { announced, problem } = useAnnounced(page, view.recording);
  const revision = workspace?.revision.value;
  const whole = useWholeRuns(page, view.recording);
  const here = workspace && runsIn(workspace.log);
  const counts = whole?.counts.value ?? here;
  const rows = useMemo(() => {
    if (!counts || !here || !announced) return null;
    const found = registrationsOf(announced, counts);
    return counts === here ? found : heldIn(found, registrationsOf(announced, here));
  }, [announced, counts, revision, workspace?.log.version]);
  const failure = problem ?? workspace?.problem.value ?? whole?.problem.value ?? null;
  const matching = rows ? narrowed(rows, view) : [];
  const shown = sorted(
    matching.filter((row) => isShown(row, view.shown)),
    view,
  );
  const selected = shown.find((row) => row.key === view.row) ?? null;

  return (
    <main class="hooks">
      <Head rows={rows ?? []} matching={matching} shown={shown} view={view} show={show}>
        {counts && (
          <Counted requests={failure === null ? counts.requests : null} whole={whole} view={view} />
        )}
      </Head>
      {failure !== null && <ProblemBox error={failure} />}
      {rows === null || workspace === null ? (
        failure === null && (
          <p class="empty">
            <Busy>{t("hooks.loading")}</Busy>
          </p>
        )
      ) : (
        <div class="panes">
          {shown.length === 0 ? (
            <Nothing view={view} any={rows.length > 0} show={show} />
          ) : (
            <HooksTable
              rows={shown}
              selected={selected}
              view={view}
              show={show}
              workspace={workspace}
              requests={counts?.reached ?? new Map()}
            />
          )}
          <HooksDetails
            row={selected}
            rows={rows}
            workspace={workspace}
            requests={counts?.reached ?? new Map()}
            recording={view.recording}
          />
        </div>
      )}
    </main>
  );
}

/** The live log, or that of the recording that the address names, which is opened then. */
function useWorkspace(page: Page, recording: string | null): Workspace | null {
  useEffect(() => {
    if (recording !== null) void page.open(recording, { screen: "hooks" });
  }, [page, recording]);
  if (recording === null) return page.live;
  const replay = page.opened.value;
  return replay?.id === recording ? replay.workspace : null;
}

/** The counts of a recording of which never all events are here; they begin when one looks. */
function useWholeRuns(page: Page, recording: string | null): WholeRuns | null {
  const replay = page.opened.value;
  const isPart = replay !== null && replay.id === recording && replay.large.value !== null;
  const whole = !__ENCLOSED__ && isPart ? wholeRunsOf(replay) : null;
  useEffect(() => {
    void whole?.start();
    return () => whole?.stop();
  }, [whole]);
  return whole;
}

/** What is registered; asked for anew when applications come and go, or register something. */
function useAnnounced(page: Page, recording: string | null) {
  const [announced, setAnnounced] = useState<RegisteredItem[] | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const connected = (page.status.value?.apps ?? []).map((app) => app.id).join();
  const setups = recording === null ? runsIn(page.live.log).setups.length : 0;
  const version = recording === null ? `${connected} ${setups}` : recording;
  useEffect(() => {
    let wanted = true;
    const asked =
      recording === null ? page.api.registered() : page.api.recordingRegistered(recording);
    asked.then(
      (items) => {
        if (!wanted) return;
        setAnnounced(items);
        setProblem(null);
      },
      (error) => wanted && setProblem(error),
    );
    return () => {
      wanted = false;
    };
  }, [page, version]);
  return { announced, problem };
}

interface HeadProps {
  rows: readonly Registration[];
  /** What application and words leave, of every category. */
  matching: readonly Registration[];
  shown: readonly Registration[];
  view: HooksView;
  show: (change: Partial<HooksView>) => void;
  children: ComponentChildren;
}

function Head({ rows, matching, shown, view, show, children }: HeadProps) {
  const page = usePage();
  return (
    <div class="hooks-head">
      <h1>{t("hooks.title")}</h1>
      <fieldset class="segments" aria-label={t("hooks.show")}>
        {CATEGORIES.map((category) => (
          <button
            key={category}
            type="button"
            aria-pressed={view.shown === category}
            onClick={() => show({ shown: category })}
          >
            {category === "never" && <span class="swatch ghost" aria-hidden="true" />}
            {t(`hooks.show.${category}` as MessageKey)}{" "}
            <span class="count">{matching.filter((row) => isShown(row, category)).length}</span>
          </button>
        ))}
      </fieldset>
      <span class="grow" />
      <button
        type="button"
        class="btn"
        disabled={shown.length === 0}
        onClick={() => void copyRows(page, shown)}
      >
        {t("hooks.csv")}
      </button>
      <div class="hooks-narrow">
        <AppChoice rows={rows} view={view} show={show} />
        <input
          id="find"
          class="input"
          type="search"
          aria-label={t("hooks.find")}
          placeholder={t("hooks.findPlaceholder")}
          value={view.filter}
          onInput={(event) => show({ filter: event.currentTarget.value })}
          onKeyDown={(event) => {
            if (event.key !== "Escape") return;
            event.stopPropagation();
            show({ filter: "" });
            event.currentTarget.blur();
          }}
        />
        <span class="grow" />
        {children}
      </div>
    </div>
  );
}

function AppChoice({ rows, view, show }: Pick<HeadProps, "rows" | "view" | "show">) {
  const sizes = new Map<string, number>();
  for (const { app } of rows) if (app !== null) sizes.set(app, (sizes.get(app) ?? 0) + 1);
  // One that the address names stays there to be seen, even if nobody knows it.
  const names = [...new Set([...sizes.keys(), ...(view.app === null ? [] : [view.app])])].sort();
  if (names.length < 2 && view.app === null) return null;
  return (
    <select
      class="input"
      aria-label={t("hooks.app")}
      value={view.app ?? ""}
      onChange={(event) => show({ app: event.currentTarget.value || null })}
    >
      <option value="">{t("hooks.everyApp", { n: names.length })}</option>
      {names.map((app) => (
        <option key={app} value={app}>
          {t("hooks.appCount", { app, n: sizes.get(app) ?? 0 })}
        </option>
      ))}
    </select>
  );
}

interface CountedProps {
  /** Null where nothing can be counted. */
  requests: number | null;
  whole: WholeRuns | null;
  view: HooksView;
}

function Counted({ requests, whole, view: { recording } }: CountedProps) {
  const page = usePage();
  return (
    <>
      {requests !== null && <Figures requests={requests} whole={whole} recording={recording} />}
      {recording !== null && recording !== ENCLOSED && (
        <button type="button" class="btn" onClick={() => page.show("hooks")}>
          {t("hooks.toLive")}
        </button>
      )}
    </>
  );
}

/** Of how many requests the figures are, and of how many there are. */
function Figures(props: { requests: number; whole: WholeRuns | null; recording: string | null }) {
  const { requests, whole, recording } = props;
  const page = usePage();
  const replay = recording === null ? null : page.opened.value;
  const isPart = whole === null ? replay?.ready.value === false : whole.counts.value === null;
  const all = replay?.recording.value?.traces ?? requests;
  const key = isPart ? "countedPart" : recording === null ? "counted" : "countedRecording";
  return (
    <>
      <span class="t2" title={t(`hooks.${key}Text`)} data-testid="counted">
        {key === "countedPart"
          ? t("hooks.countedPart", { n: requests, all })
          : plural(`hooks.${key}`, requests)}
      </span>
      {!__ENCLOSED__ && isPart && replay !== null && (
        <Counting whole={whole} share={(whole?.share ?? replay.loaded).value} />
      )}
    </>
  );
}

function Nothing(props: {
  view: HooksView;
  any: boolean;
  show: (change: Partial<HooksView>) => void;
}) {
  if (props.any) {
    return (
      <div class="empty grow stack">
        <span>{t("hooks.noMatch")}</span>
        <span>
          <button
            type="button"
            class="btn small"
            onClick={() => props.show({ shown: "all", app: null, filter: "" })}
          >
            {t("hooks.clear")}
          </button>
        </span>
      </div>
    );
  }
  return (
    <p class="empty grow">
      {props.view.recording === null ? (
        <>
          {t("hooks.none")} <code>flaskscope samples</code>.
        </>
      ) : (
        t("hooks.noneRecording")
      )}
    </p>
  );
}
