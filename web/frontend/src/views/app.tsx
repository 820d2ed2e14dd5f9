/** The whole page: which screen is shown, and what stands around it. */
import { useRef } from "preact/hooks";
import { loadTexts } from "../i18n/catalogue";
import { t } from "../i18n/translate";
import type { Page } from "../state/page";
import type { Replay } from "../state/replay";
import type { Workspace } from "../state/workspace";
import { Announcer, Banner, Foot } from "./chrome";
import { PageProvider, usePage } from "./context";
import { loadExplanations } from "./explanations";
import { loadGhosts } from "./ghosts";
import { lazy } from "./lazy";
import { Busy, ProblemBox } from "./marks";
import { Requests } from "./requests";
import { StoryBar } from "./story_bar";
import { OverviewStrip, TimelineView } from "./timeline_view";
import { TopBar } from "./top_bar";
import { CoachMark, Welcome } from "./welcome";

const LATER = { texts: "later" } as const;
const Compare = lazy(
  async () => (await Promise.all([import("./compare"), loadTexts("details")]))[0].Compare,
  { texts: "compare" },
);
const CompareMark = lazy(async () => (await import("./compare_mark")).CompareMark, {
  texts: "compare",
});
const Composer = lazy(async () => (await import("./composer")).Composer, LATER);
const Details = lazy(async () => (await import("./details")).Details, {
  texts: "details",
  place: "details",
});
const HelpDialog = lazy(async () => (await import("./help")).Help, LATER);
const Hooks = lazy(
  async () => (await Promise.all([import("./hooks"), loadTexts("details")]))[0].Hooks,
  { texts: "hooks" },
);
const Legend = lazy(async () => (await import("./legend")).Legend, { place: "legend" });
const Learn = lazy(
  async () => (await Promise.all([import("./learn"), loadTexts("details")]))[0].Learn,
  { texts: "learn" },
);
const LifecycleMap = lazy(async () => (await import("./map")).MapScreen, { texts: "map" });
const RecentRecordings = lazy(async () => (await import("./recent_recordings")).RecentRecordings);
const Recordings = lazy(async () => (await import("./recordings")).Recordings, LATER);
const TransportBar = lazy(async () => (await import("./transport_bar")).TransportBar, LATER);
const TreeGrid = lazy(async () => (await import("./tree_grid")).TreeGrid, LATER);

/** Fetches what the first request will be shown with, while nobody waits for it. */
export function preloadDetails(): void {
  Details.preload();
  // Without them an event is shown unexplained; the next visit tries again.
  loadExplanations().catch(() => {});
  loadGhosts().catch(() => {});
}

export function App({ page }: { page: Page }) {
  return (
    <PageProvider value={page}>
      <div class="app">
        <TopBar />
        <Banner />
        <Screen />
        <Foot />
      </div>
      {page.composerOpen.value && page.screen.value === "live" && <Composer />}
      <Help />
      <Announcer />
    </PageProvider>
  );
}

/** Once asked for, the dialog stays: it gives the focus back itself when it closes. */
export function Help() {
  const asked = useRef(false);
  if (usePage().helpOpen.value) asked.current = true;
  return asked.current ? <HelpDialog /> : null;
}

function Screen() {
  const page = usePage();
  if (page.screen.value === "recordings") return <Recordings />;
  if (page.screen.value === "hooks") return <Hooks />;
  if (page.screen.value === "compare") return <Compare />;
  if (page.screen.value === "learn") return <Learn />;
  const replay = page.opened.value;
  if (page.screen.value === "map") return <LifecycleMap workspace={page.current.value} />;
  if (page.screen.value === "recording" && replay !== null) {
    const problem = replay.workspace.problem.value;
    if (problem !== null && !replay.ready.value) return <NotOpened problem={problem} />;
    return <WorkspaceScreen key={replay.id} workspace={replay.workspace} replay={replay} />;
  }
  return <WorkspaceScreen key="live" workspace={page.live} replay={null} />;
}

function NotOpened({ problem }: { problem: unknown }) {
  const page = usePage();
  return (
    <main class="recordings">
      <ProblemBox error={problem} />
      <button type="button" class="btn" onClick={() => page.show("recordings")}>
        {t("recordings.toList")}
      </button>
    </main>
  );
}

interface ScreenProps {
  workspace: Workspace;
  replay: Replay | null;
}

export function WorkspaceScreen({ workspace, replay }: ScreenProps) {
  const player = usePage().player.value;
  return (
    <main class={`workspace ${player ? "with-transport" : ""}`}>
      {player && (
        <div class="transports">
          <TransportBar replay={player} />
        </div>
      )}
      <StoryBar workspace={workspace} />
      <OverviewStrip workspace={workspace} />
      <aside class="list">
        {usePage().marked.value !== null && <CompareMark workspace={workspace} />}
        <Requests workspace={workspace} />
        {replay === null && <RecentRecordings />}
      </aside>
      <Pane workspace={workspace} live={replay === null} />
      <Details workspace={workspace} />
    </main>
  );
}

function Pane({ workspace, live }: { workspace: Workspace; live: boolean }) {
  const empty = workspace.items.value.length === 0;
  const problem = workspace.problem.value;
  return (
    <section class="pane">
      {problem !== null && !workspace.table.value && <ProblemBox error={problem} />}
      <div class="stage">
        {workspace.table.value ? (
          <TreeGrid workspace={workspace} />
        ) : (
          <TimelineView workspace={workspace} />
        )}
        {!workspace.table.value && !empty && <CoachMark />}
        {live && empty && <Welcome />}
        {workspace.loading.value && !workspace.table.value && (
          <div class="stage-busy">
            <Busy>{t("table.loading")}</Busy>
          </div>
        )}
      </div>
      {!workspace.table.value && <Legend />}
    </section>
  );
}
