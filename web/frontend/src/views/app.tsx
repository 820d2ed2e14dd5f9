/** The whole page: which screen is shown, and what stands around it. */
import { loadTexts } from "../i18n/catalogue";
import { t } from "../i18n/translate";
import type { Page } from "../state/page";
import { Announcer, Banner, Foot } from "./chrome";
import { PageProvider, usePage } from "./context";
import { lazy } from "./lazy";
import { Busy, ProblemBox } from "./marks";
import { Compare, Hooks, LifecycleMap } from "./screens";
import { TopBar } from "./top_bar";
import { Help, preloadDetails, WorkspaceScreen } from "./workspace_screen";

const DASHBOARD = { texts: "dashboard" } as const;
const Composer = lazy(async () => (await import("./composer")).Composer, {
  ...DASHBOARD,
  place: "composer",
});
const Learn = lazy(
  async () => (await Promise.all([import("./learn"), loadTexts("details")]))[0].Learn,
  { texts: "learn" },
);
const Recordings = lazy(async () => (await import("./recordings")).Recordings, DASHBOARD);

/** Fetches what is needed when the dashboard has gone, and what a first request will be shown with. */
export function preloadLater(): void {
  preloadDetails();
  // Nobody waits for them yet: a failure shows when they are needed.
  Composer.fetch().catch(() => {});
  import("../state/news").catch(() => {});
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

function Screen() {
  const page = usePage();
  if (page.opening.value !== null) return <Opening />;
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

function Opening() {
  return (
    <main class="recordings">
      <Busy />
    </main>
  );
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
