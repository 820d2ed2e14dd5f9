/** Screens "Live" and "Recording": one workspace, with its list, timeline, stack and details. */
import { useEffect, useState } from "preact/hooks";
import { t } from "../i18n/translate";
import { loadProblemTexts } from "../state/problems";
import type { Replay } from "../state/replay";
import type { Workspace } from "../state/workspace";
import { CoachMark } from "./coach_mark";
import { usePage } from "./context";
import { loadExplanations } from "./explanations";
import { loadGhosts } from "./ghosts";
import { lazy } from "./lazy";
import { Busy, ProblemBox } from "./marks";
import { Requests } from "./requests";
import { StoryBar } from "./story_bar";
import { OverviewStrip, TimelineView } from "./timeline_view";

const LATER = { texts: "later" } as const;
const CompareMark = lazy(async () => (await import("./compare_mark")).CompareMark, {
  texts: "compare",
});
const Details = lazy(async () => (await import("./details")).Details, {
  texts: "details",
  place: "details",
});
const HelpDialog = lazy(async () => (await import("./help")).Help, LATER);
const Legend = lazy(async () => (await import("./legend")).Legend, { place: "legend" });
const RecentRecordings = __ENCLOSED__
  ? () => null
  : lazy(async () => (await import("./recent_recordings")).RecentRecordings, {
      texts: "dashboard",
    });
const TransportBar = lazy(async () => (await import("./transport_bar")).TransportBar, LATER);
/** An exported file is never empty. */
const Welcome = __ENCLOSED__
  ? () => null
  : lazy(async () => (await import("./welcome")).Welcome, {
      texts: "dashboard",
      place: "welcome",
    });
const TreeGrid = lazy(async () => (await import("./tree_grid")).TreeGrid, LATER);

/** Fetches what the first request will be shown with, while nobody waits for it. */
export function preloadDetails(): void {
  // Nobody waits for them yet: a failure shows when they are needed.
  Details.fetch().catch(() => {});
  // Without them an event is shown unexplained; the next visit tries again.
  loadExplanations().catch(() => {});
  loadGhosts().catch(() => {});
  // At hand when P is pressed: the Space after it plays, and does not freeze the list.
  import("../state/replay").catch(() => {});
  loadProblemTexts().catch(() => {});
  import("./focus_heir")
    .then(({ leaveFocusToHeirs }) => leaveFocusToHeirs(document))
    .catch(() => {});
}

/** Once it is here the dialog stays: it gives the focus back itself when it closes. */
export function Help() {
  const page = usePage();
  const [isHere, setHere] = useState(false);
  const isAsked = page.helpOpen.value && !isHere;
  useEffect(() => {
    if (!isAsked) return;
    HelpDialog.fetch().then(
      () => setHere(true),
      () => {
        page.helpOpen.value = false;
        page.fail(new Error(t("lazy.failed")));
      },
    );
  }, [isAsked]);
  return isHere ? <HelpDialog /> : null;
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
        {!workspace.table.value && !empty && workspace.note.value === "" && <CoachMark />}
        {!__ENCLOSED__ && live && empty && <Welcome />}
        {workspace.note.value !== "" && !workspace.table.value && (
          <div class="stage-note" role="note">
            {workspace.note.value}
          </div>
        )}
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
