/** Above the list, while a request waits for the one that it is compared with. */
import { t } from "../i18n/translate";
import { isolate } from "../lib/isolate";
import { lastOfRoute } from "../state/compare_view";
import type { Workspace } from "../state/workspace";
import { usePage } from "./context";

export function CompareMark({ workspace }: { workspace: Workspace }) {
  const page = usePage();
  const marked = page.marked.value;
  if (marked === null) return null;
  const last = lastOfRoute(workspace.items.value, marked);
  return (
    <section class="compare-mark" aria-label={t("compare.title")} data-testid="marked">
      <p>
        <span class="letter">A</span> <b>{t("compare.marked", { name: isolate(marked.name) })}</b>
      </p>
      <p class="t2">{t("compare.markedText")}</p>
      <div class="row">
        {last === null ? (
          <span class="t2">{t("compare.noneOfRoute")}</span>
        ) : (
          <button type="button" class="btn small" onClick={() => page.compare(last.id, marked.id)}>
            {t("compare.withLast")}
          </button>
        )}
        <button
          type="button"
          class="btn small"
          onClick={() => {
            page.marked.value = null;
          }}
        >
          {t("compare.cancel")}
        </button>
      </div>
    </section>
  );
}
