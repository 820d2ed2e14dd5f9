/** The composer's form: application, route, fields, body, cookies. */

import { useEffect, useState } from "preact/hooks";
import { clock } from "../i18n/format";
import { t } from "../i18n/translate";
import { isolate } from "../lib/isolate";
import {
  buildRequest,
  choosableApps,
  type Draft,
  draftPath,
  EMPTY_DRAFT,
  firstRoute,
  mountOf,
  parseDraft,
  ruleFields,
} from "../state/composer";
import type { ApplicationItem, FireRequest, RouteItem } from "../transport/items";
import { BodyFields, Cookies, Pairs, type PartProps } from "./composer_parts";
import { usePage } from "./context";
import { ProblemBox } from "./marks";

/** Value of the choice "a path of my own", which no rule can be. */
const BY_HAND = "";

interface FormProps {
  fire: (app: string, request: FireRequest) => Promise<void>;
  waiting: boolean;
}

export function ComposerForm({ fire, waiting }: FormProps) {
  const page = usePage();
  const apps = choosableApps(page.status.value?.apps ?? []);
  const [draft, setDraft] = useState<Draft>(() => parseDraft(page.preferences.lastRequest.value));
  const [problem, setProblem] = useState("");
  const change = (part: Partial<Draft>) => setDraft((before) => ({ ...before, ...part }));
  const app = apps.find((item) => item.id === draft.app) ?? null;
  const { routes, error } = useRoutes(app);

  useEffect(() => {
    // One that was started anew takes the place of its former self.
    const again = apps.find((item) => item.connected && item.name === app?.name);
    const wanted = app === null ? apps[0] : app.connected ? app : again;
    if (wanted && wanted !== app) change({ app: wanted.id });
  }, [apps, draft.app]);
  useEffect(() => {
    const first = firstRoute(routes);
    const untouched = draft.rule === null && draft.path === EMPTY_DRAFT.path;
    if (first && untouched) change(routeChange(first, draft, app));
  }, [routes]);

  const submit = async () => {
    const built = buildRequest(draft);
    if ("problem" in built) {
      const { key, ...params } = built.problem;
      setProblem(t(key, params));
      return;
    }
    setProblem("");
    page.preferences.lastRequest.value = JSON.stringify(draft);
    await fire(draft.app as string, built.request);
  };

  if (apps.length === 0) return <p class="empty">{t("composer.noApps")}</p>;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <AppChoice apps={apps} app={app} onChoose={(id) => change({ app: id, rule: null })} />
      {error !== null && <ProblemBox error={error} />}
      <RouteChoice draft={draft} routes={routes} app={app} change={change} />
      <PathFields draft={draft} change={change} />
      <Pairs
        legend={t("composer.query")}
        pairs={draft.query}
        onChange={(query) => change({ query })}
      />
      <Pairs
        legend={t("composer.headers")}
        pairs={draft.headers}
        onChange={(headers) => change({ headers })}
      />
      <BodyFields draft={draft} change={change} />
      <Cookies draft={draft} change={change} />
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      <div class="row">
        <button
          type="submit"
          class="btn primary"
          disabled={!app?.connected}
          aria-disabled={waiting}
        >
          {t("composer.send")}
        </button>
        <code class="url-preview">
          {draft.method} {app && mountOf(app)}
          {draftPath(draft)}
        </code>
      </div>
    </form>
  );
}

/** Routes of *app*, fetched anew when another one is chosen. */
function useRoutes(app: ApplicationItem | null): { routes: RouteItem[]; error: unknown } {
  const page = usePage();
  const [routes, setRoutes] = useState<RouteItem[]>([]);
  const [error, setError] = useState<unknown>(null);
  const id = app?.id ?? null;
  useEffect(() => {
    setRoutes([]);
    setError(null);
    if (id === null) return;
    let wanted = true;
    page.api.items<RouteItem>(`api/apps/${encodeURIComponent(id)}/routes`).then(
      (items) => wanted && setRoutes(items),
      (reason) => wanted && setError(reason),
    );
    return () => {
      wanted = false;
    };
  }, [id, page]);
  return { routes, error };
}

function AppChoice(props: {
  apps: ApplicationItem[];
  app: ApplicationItem | null;
  onChoose: (id: string) => void;
}) {
  const { apps, app, onChoose } = props;
  return (
    <label class="field">
      <span class="cap">{t("composer.app")}</span>
      <select
        class="input"
        value={app?.id ?? ""}
        onChange={(event) => onChoose(event.currentTarget.value)}
      >
        {apps.map((item) => (
          <option key={item.id} value={item.id} disabled={!item.connected}>
            {appText(item)}
          </option>
        ))}
      </select>
      {app && !app.connected && <span class="bad">{t("composer.appGone", { app: app.name })}</span>}
    </label>
  );
}

function appText(app: ApplicationItem): string {
  if (app.connected && app.base_url === null)
    return t("composer.appNoAddress", { app: isolate(app.name) });
  if (app.connected) return t("composer.appText", { app: isolate(app.name), pid: String(app.pid) });
  const time = app.gone_since === null ? "" : clock(app.gone_since);
  return t("composer.appGoneSince", { app: isolate(app.name), time });
}

function RouteChoice(props: PartProps & { routes: RouteItem[]; app: ApplicationItem | null }) {
  const { draft, change, routes, app } = props;
  const route = routes.find((item) => item.rule === draft.rule);
  const methods = methodsFor(route, app);
  const choose = (rule: string) =>
    change(routeChange(routes.find((item) => item.rule === rule) ?? null, draft, app));
  return (
    <div class="line">
      <label class="field">
        <span class="cap">{t("composer.method")}</span>
        <select
          class="input"
          value={draft.method}
          onChange={(event) => change({ method: event.currentTarget.value })}
        >
          {methods.map((method) => {
            const allowed = app?.allow_methods.includes(method) ?? true;
            return (
              <option key={method} value={method} disabled={!allowed}>
                {allowed ? method : t("composer.notAllowed", { method })}
              </option>
            );
          })}
        </select>
      </label>
      <label class="field">
        <span class="cap">{t("composer.route")}</span>
        <select
          class="input"
          value={draft.rule ?? BY_HAND}
          onChange={(event) => choose(event.currentTarget.value)}
        >
          {routes.map((item) => (
            <option key={`${item.rule} ${item.endpoint}`} value={item.rule}>
              {item.rule} → {item.endpoint}
            </option>
          ))}
          <option value={BY_HAND}>{t("composer.byHand")}</option>
        </select>
      </label>
    </div>
  );
}

/** *route* with a method that it has and the application allows; null is a path by hand. */
function routeChange(
  route: RouteItem | null,
  draft: Draft,
  app: ApplicationItem | null,
): Partial<Draft> {
  const methods = methodsFor(route ?? undefined, app);
  const allowed = methods.filter((method) => app?.allow_methods.includes(method));
  const method = allowed.includes(draft.method) ? draft.method : (allowed[0] ?? "GET");
  return { rule: route?.rule ?? null, method };
}

function methodsFor(route: RouteItem | undefined, app: ApplicationItem | null): string[] {
  const methods = route?.methods ?? app?.allow_methods ?? ["GET", "HEAD"];
  return [...methods].sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
}

/** What is fired most stands first. */
function rank(method: string): number {
  const at = ["GET", "POST", "PUT", "PATCH", "DELETE"].indexOf(method);
  return at < 0 ? 9 : at;
}

function PathFields({ draft, change }: PartProps) {
  if (draft.rule === null) {
    return (
      <label class="field">
        <span class="cap">{t("composer.path")}</span>
        <input
          class="input mono"
          value={draft.path}
          onInput={(event) => change({ path: event.currentTarget.value })}
        />
      </label>
    );
  }
  const fields = ruleFields(draft.rule);
  return (
    <>
      {fields.map(({ name, converter }) => (
        <label class="field" key={name}>
          <span class="cap">{t("composer.argument", { name, converter })}</span>
          <input
            class="input mono"
            inputMode={converter === "int" || converter === "float" ? "decimal" : undefined}
            value={draft.values[name] ?? ""}
            onInput={(event) =>
              change({ values: { ...draft.values, [name]: event.currentTarget.value } })
            }
          />
        </label>
      ))}
    </>
  );
}
