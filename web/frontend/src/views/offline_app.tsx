/** What stands in an exported file: a recording on its own, without what needs a dashboard. */
import { t } from "../i18n/translate";
import type { Page } from "../state/page";
import { Announcer, Banner, FootKeys } from "./chrome";
import { PageProvider, usePage } from "./context";
import { Brand, Busy, Foreign, ProblemBox } from "./marks";
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

function Top() {
  const name = usePage().opened.value?.recording.value?.name;
  return (
    <header class="top">
      <div class="brand">
        <Brand />
        <span>{t("brand")}</span>
      </div>
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
  const replay = usePage().opened.value;
  if (replay === null) return <Busy />;
  const problem = replay.workspace.problem.value;
  if (problem !== null && !replay.ready.value) {
    return (
      <main class="recordings">
        <ProblemBox error={problem} />
      </main>
    );
  }
  return <WorkspaceScreen key={replay.id} workspace={replay.workspace} replay={replay} />;
}
