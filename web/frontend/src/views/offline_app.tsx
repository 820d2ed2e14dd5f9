/** What stands in an exported file: a recording on its own, without what needs a dashboard. */
import type { ComponentChildren } from "preact";
import { t } from "../i18n/translate";
import { ENCLOSED } from "../state/fragment_bar";
import type { Page } from "../state/page";
import { Announcer, Banner, FootKeys } from "./chrome";
import { PageProvider, usePage } from "./context";
import { Brand, Busy, Foreign, ProblemBox } from "./marks";
import { Compare, Hooks, LifecycleMap } from "./screens";
import { Find, HelpButton, LanguageSwitch, ThemeSwitch } from "./top_bar";
import { Help, WorkspaceScreen } from "./workspace_screen";

export function OfflineApp({ page }: { page: Page }) {
  return (
    <PageProvider value={page}>
      <div class="app">
        <Top />
        <Banner />
        <Enclosed />
        <footer class="foot">
          <FootKeys />
        </footer>
      </div>
      <Help />
      <Announcer />
    </PageProvider>
  );
}

/** In the address only as far as a link into the file can lead there. */
function Navigation() {
  const page = usePage();
  const screen = page.screen.value;
  return (
    <nav class="nav" aria-label={t("nav.label")}>
      <Tab to="#" current={screen === "recording"} show={() => page.showTimeline()}>
        {t("nav.recording")}
      </Tab>
      <Tab to="#screen=map" current={screen === "map"} show={() => page.show("map")}>
        {t("nav.map")}
      </Tab>
      <Tab
        to="#screen=hooks"
        current={screen === "hooks"}
        show={() => page.show("hooks", `recording=${ENCLOSED}`)}
      >
        {t("nav.hooks")}
      </Tab>
    </nav>
  );
}

function Tab(props: {
  to: string;
  current: boolean;
  show: () => void;
  children: ComponentChildren;
}) {
  return (
    <a
      href={props.to}
      aria-current={props.current ? "page" : undefined}
      onClick={(event) => {
        event.preventDefault();
        props.show();
      }}
    >
      {props.children}
    </a>
  );
}

function Top() {
  const name = usePage().opened.value?.recording.value?.name;
  return (
    <header class="top">
      <div class="brand">
        <Brand />
        <span>{t("brand")}</span>
      </div>
      <Navigation />
      <span class="connection">
        {name !== undefined && (
          <span class="ellipsis">
            <Foreign text={name} />
          </span>
        )}
      </span>
      <span class="grow" />
      <Find />
      <div class="top-tools">
        <LanguageSwitch />
        <ThemeSwitch />
        <HelpButton />
      </div>
    </header>
  );
}

function Enclosed() {
  const page = usePage();
  const replay = page.opened.value;
  if (page.screen.value === "hooks") return <Hooks />;
  if (replay === null) return <Busy />;
  const problem = replay.workspace.problem.value;
  if (problem !== null && !replay.ready.value) {
    return (
      <main class="recordings">
        <ProblemBox error={problem} />
      </main>
    );
  }
  if (page.screen.value === "map") return <LifecycleMap workspace={replay.workspace} />;
  if (page.screen.value === "compare") return <Compare />;
  return <WorkspaceScreen key={replay.id} workspace={replay.workspace} replay={replay} />;
}
