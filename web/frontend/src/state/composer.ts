/** The composer's form, and the request that it makes. Pure: no signals, no network. */
import type { ApplicationItem, FireRequest, RouteItem, Sample } from "../transport/items";

export interface Pair {
  name: string;
  value: string;
}

export type BodyKind = "none" | "form" | "json" | "raw";

export interface Draft {
  /** Id of the application, null before one was chosen. */
  app: string | null;
  /** The route's rule; null for a path written by hand. */
  rule: string | null;
  /** Values of the rule's arguments. */
  values: Record<string, string>;
  path: string;
  method: string;
  query: Pair[];
  headers: Pair[];
  bodyKind: BodyKind;
  form: Pair[];
  json: string;
  raw: string;
  /** Cookies are kept from one request to the next, in a jar of this name. */
  useJar: boolean;
  jar: string;
}

export const EMPTY_DRAFT: Draft = {
  app: null,
  rule: null,
  values: {},
  path: "/",
  method: "GET",
  query: [],
  headers: [],
  bodyKind: "none",
  form: [],
  json: "{}",
  raw: "",
  useJar: true,
  jar: "browser",
};

export interface RuleField {
  name: string;
  /** `string`, `int`, `float`, `path`, `uuid`, `any`, or the application's own. */
  converter: string;
}

/** Why a draft makes no request: a message key and what it names. */
export type DraftProblem =
  | { key: "composer.noApp" }
  | { key: "composer.missing"; name: string }
  | { key: "composer.badJson"; name: string }
  | { key: "composer.badPath" };

export type Built = { request: FireRequest } | { problem: DraftProblem };

const ARGUMENT = /<(?:([a-zA-Z_]\w*)(?:\((?:[^)"']|"[^"]*"|'[^']*')*\))?:)?([a-zA-Z_]\w*)>/g;

/** The arguments of a Flask rule, in their order. */
export function ruleFields(rule: string): RuleField[] {
  return [...rule.matchAll(ARGUMENT)].map(([, converter, name]) => ({
    name: name as string,
    converter: converter ?? "string",
  }));
}

/** *rule* with its arguments filled in and percent-encoded; slashes stay in a `path`. */
export function fillRule(rule: string, values: Record<string, string>): string {
  return rule.replace(ARGUMENT, (_, converter: string | undefined, name: string) => {
    const value = values[name] ?? "";
    return converter === "path"
      ? value.split("/").map(encodeURIComponent).join("/")
      : encodeURIComponent(value);
  });
}

/** The path that *draft* asks for, without its query. */
export function draftPath(draft: Draft): string {
  return draft.rule === null ? draft.path : fillRule(draft.rule, draft.values);
}

/** The request of *draft*, or what is wrong with it. */
export function buildRequest(draft: Draft): Built {
  if (draft.app === null) return { problem: { key: "composer.noApp" } };
  const missing = ruleFields(draft.rule ?? "").find((field) => !draft.values[field.name]);
  if (missing) return { problem: { key: "composer.missing", name: missing.name } };
  const path = draftPath(draft);
  if (!path.startsWith("/") || path.startsWith("//")) {
    return { problem: { key: "composer.badPath" } };
  }
  const request: FireRequest = { method: draft.method, path };
  const query = named(draft.query);
  if (query.length > 0) request.query = grouped(query);
  const headers = named(draft.headers);
  if (headers.length > 0) request.headers = Object.fromEntries(headers.map(entry));
  if (draft.useJar && draft.jar) request.cookie_jar = draft.jar;
  return withBody(request, draft);
}

/** One lesson's samples; a sample's own words stand in its label, what they share in the title. */
export interface LessonGroup {
  lesson: string;
  title: string;
  text: string;
  samples: { sample: Sample; app: ApplicationItem; label: string }[];
}

/** Applications in the order of their use here: those with an address first, the gone last. */
export function choosableApps(apps: readonly ApplicationItem[]): ApplicationItem[] {
  const rank = (app: ApplicationItem) => (app.connected ? 0 : 2) + (app.base_url ? 0 : 1);
  return [...apps].sort((a, b) => rank(a) - rank(b));
}

/** The route that a fresh form begins with: the first that is the application's own. */
export function firstRoute(routes: readonly RouteItem[]): RouteItem | null {
  return routes.find((route) => !/(^|\.)static$/.test(route.endpoint)) ?? null;
}

/** Samples by lesson, in the order in which they were announced. */
export function byLesson(apps: readonly ApplicationItem[]): LessonGroup[] {
  const lessons = new Map<string, LessonGroup>();
  for (const app of apps) {
    for (const sample of app.samples) {
      const [, title = sample.title, label = sample.title] =
        /^(.+?): (.+)$/.exec(sample.title) ?? [];
      const group = lessons.get(sample.lesson) ?? {
        lesson: sample.lesson,
        title,
        text: sample.text,
        samples: [],
      };
      lessons.set(sample.lesson, group);
      group.samples.push({ sample, app, label });
    }
  }
  return [...lessons.values()];
}

/** The path that the application is mounted at; "" at the root. */
export function mountOf(app: ApplicationItem): string {
  try {
    return new URL(app.base_url ?? "").pathname.replace(/\/$/, "");
  } catch {
    return "";
  }
}

/** A remembered draft, or an empty one when *text* is not one. */
export function parseDraft(text: string | null): Draft {
  try {
    const value: unknown = JSON.parse(text ?? "null");
    return value !== null && typeof value === "object" ? { ...EMPTY_DRAFT, ...value } : EMPTY_DRAFT;
  } catch {
    return EMPTY_DRAFT;
  }
}

function withBody(request: FireRequest, draft: Draft): Built {
  if (draft.bodyKind === "form") request.form = Object.fromEntries(named(draft.form).map(entry));
  if (draft.bodyKind === "raw") request.body = draft.raw;
  if (draft.bodyKind === "json") {
    try {
      request.json = JSON.parse(draft.json);
    } catch (error) {
      return { problem: { key: "composer.badJson", name: (error as Error).message } };
    }
  }
  return { request };
}

function named(pairs: Pair[]): Pair[] {
  return pairs.filter((pair) => pair.name !== "");
}

function entry(pair: Pair): [string, string] {
  return [pair.name, pair.value];
}

/** A name that stands twice gets a list of its values. */
function grouped(pairs: Pair[]): Record<string, string | string[]> {
  const groups: Record<string, string | string[]> = {};
  for (const { name, value } of pairs) {
    const before = groups[name];
    groups[name] = before === undefined ? value : [before, value].flat();
  }
  return groups;
}
