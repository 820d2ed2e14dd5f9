/** What the lifecycle map says of a row: its name, what it did, why it did not run. */
import { type MessageKey, number, plural, t } from "../i18n/translate";
import { isolate } from "../lib/isolate";
import type { RowCount } from "../model/lifecycle/counts";
import type { Row } from "../model/lifecycle/map";
import type { Happening } from "../model/lifecycle/pass";
import type { Reason } from "../model/lifecycle/reasons";
import { placeOf } from "../model/lifecycle/registered";

/** It opens none without a secret key; what others want is not known. */
const DEFAULT_SESSIONS = "SecureCookieSessionInterface";

/** `before_request csrf`, `signal request_started`, `view shop.cart`. */
export function nameOfRow({ step, fn, subject }: Row): string {
  const name = fn?.name ?? subject;
  return name === "" ? step.id : `${step.id} ${isolate(name)}`;
}

/** The reason in words, with the place of what caused it; in a row its folder has no room. */
export function whyText(reason: Reason, isShort = false): string {
  const { place, ...params } = reason.params;
  const isolated = Object.fromEntries(
    Object.entries(params).map(([name, text]) => [name, isolate(text)]),
  );
  const isOwnSession = reason.id === "noSession" && params.name !== DEFAULT_SESSIONS;
  const key = isOwnSession ? "why.noSessionOf" : (`why.${reason.id}` as MessageKey);
  const said = t(key, isolated);
  if (place === undefined || place === "") return said;
  return `${said} · ${isolate(isShort ? fileOf(place) : place)}`;
}

/** Skipped or not needed, and why. */
export function stateText(state: Row["state"], reason: Reason, isShort = false): string {
  const key = state === "idle" ? "map.state.idle" : "map.state.skipped";
  return t(key, { why: whyText(reason, isShort) });
}

/** What stands beside the row's box. */
export function remarkOf(row: Row): string {
  const { state, reason, step, runs } = row;
  if (reason !== null) return stateText(state, reason, true);
  if (state === "unseen") return t("map.state.unseen");
  if (state === "unregistered") {
    return t(step.when === "asked" ? "map.state.asked" : "map.state.unregistered");
  }
  const [first] = runs as [Happening];
  const times = runs.length > 1 ? [t("map.times", { n: runs.length })] : [];
  if (state === "returned") {
    return t("map.returned", { what: isolate(String(first.attributes.returned ?? "?")) });
  }
  const left = runs.find((run) => run.attributes.left_by !== undefined);
  if (left !== undefined) {
    return [...times, t("map.leftBy", { error: isolate(String(left.attributes.left_by)) })].join(
      " · ",
    );
  }
  return [...times, ...didOf(row, runs.at(-1) as Happening)].filter(Boolean).join(" · ");
}

/** In all requests, loaded ones or those of a whole recording. */
export function countText(count: RowCount, requests: number): string {
  const ran = count.ran + count.returned + count.raised;
  const said = [
    ran > 0 ? `${t("map.all.ran")} ${t("map.all.count", { ran, n: requests })}` : "",
    count.returned > 0 ? `⚑ ${number(count.returned)}` : "",
    count.raised > 0 ? `✕ ${number(count.raised)}` : "",
    count.skipped > 0 ? `${t("map.all.skipped")} ${number(count.skipped)}` : "",
    ran === 0 && count.skipped === 0 && count.idle > 0 ? t("map.all.idle") : "",
    ran + count.skipped + count.idle === 0 ? t("map.all.unregistered") : "",
  ];
  return said.filter(Boolean).join(" · ");
}

type Did = (run: Happening, row: Row) => (string | false | undefined)[];

/** By kind of step: what a run of it tells. */
const DID: Readonly<Record<string, Did>> = {
  request: ({ event, attributes }) => [event.name, text(attributes.status)],
  middleware: (_, row) => functionWords(row),
  wsgi_app: ({ event }) => [event.app ?? ""],
  "app_context.push": ({ attributes }) => [text(attributes.context)],
  "request_context.push": ({ attributes }) => [text(attributes.context)],
  "app_context.pop": ({ attributes }) => depth(attributes.stack),
  "request_context.pop": ({ attributes }) => depth(attributes.stack),
  signal: ({ attributes }) => [receivers(attributes.receivers)],
  "session.open": ({ event, attributes }) => [
    event.name,
    Array.isArray(attributes.keys) && plural("map.keys", attributes.keys.length),
  ],
  "session.null": ({ event }) => [event.name],
  "session.save": ({ attributes }) => [
    attributes.set_cookie === true
      ? t("map.setCookie", { size: Number(attributes.size ?? 0) })
      : t("map.noCookie"),
  ],
  url_match: ({ event, attributes }) => [
    `${event.name} → ${text(attributes.endpoint ?? attributes.redirect ?? attributes.exception)}`,
  ],
  view: ({ event, attributes }, row) => [
    event.name !== row.subject && isolate(event.name),
    placeIn(attributes),
  ],
  "template.load": ({ attributes }) => [text(attributes.loader)],
  "template.render": ({ attributes }) => [
    Array.isArray(attributes.context) && attributes.context.map(String).join(", "),
  ],
  exception: ({ attributes }) => [
    text(attributes.message),
    typeof attributes.handled_by === "string" &&
      t("map.handledBy", { name: isolate(attributes.handled_by) }),
  ],
  error_handler: ({ attributes }, row) => [
    t("map.handles", { what: isolate(text(attributes.registered_for)) }),
    ...functionWords(row),
  ],
  make_response: ({ event, attributes }) => [`${event.name} → ${text(attributes.status)}`],
  start_response: ({ event, attributes }) => [
    event.name,
    Array.isArray(attributes.headers) && plural("map.headers", attributes.headers.length),
  ],
  "response.chunk": () => [t("map.outside")],
  "response.close": ({ attributes }) => [
    typeof attributes.chunks === "number" && plural("map.chunks", attributes.chunks),
  ],
};

function didOf(row: Row, run: Happening): string[] {
  const words = DID[row.step.kind]?.(run, row) ?? functionWords(row);
  return words.filter((word) => typeof word === "string" && word !== "").map(String);
}

function functionWords({ fn }: Row): string[] {
  if (fn === null) return [];
  const scope = fn.scope === null ? "" : t("map.forBlueprint", { scope: isolate(fn.scope) });
  return [scope, fn.by ?? "", isolate(fileOf(placeOf(fn)))].filter(Boolean);
}

function receivers(count: unknown): string {
  return typeof count === "number" && count > 0
    ? plural("map.receivers", count)
    : t("map.noReceivers");
}

function depth(stack: unknown): string[] {
  return Array.isArray(stack) ? [t("map.depth", { n: stack.length })] : [];
}

function placeIn({ file, line }: Readonly<Record<string, unknown>>): string {
  if (typeof file !== "string") return "";
  return isolate(fileOf(placeOf({ file, line: typeof line === "number" ? line : null })));
}

/** `shop/auth.py:15` → `auth.py:15`. */
function fileOf(place: string): string {
  return place.slice(place.lastIndexOf("/") + 1);
}

function text(value: unknown): string {
  return value === undefined || value === null ? "" : isolate(String(value));
}
