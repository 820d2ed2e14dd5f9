/** The contexts at the cursor as boxes, top of stack on top, and which of them each proxy resolves to. */
import { duration } from "../i18n/format";
import { plural, t } from "../i18n/translate";
import { isolate } from "../lib/isolate";
import { contextsOf } from "../model/contexts";
import type { Proxies, ProxyName, StackChange, StackFrame } from "../model/contract";
import { type Known, stateOf } from "../model/state";
import { holderOf, type Storage, storageOf } from "../model/storage";
import type { Workspace } from "../state/workspace";
import { Foreign, hueClass } from "./marks";

const PROXIES: readonly ProxyName[] = ["current_app", "g", "request", "session"];
/** Pitches of proxies and boxes in pixels, and the middle of the first of each; as in the styles. */
const PROXY = { pitch: 28, middle: 11 };
const BOX = { pitch: 60, middle: 26 };
/** Between two arrows that end at the same box. */
const FAN = 11;

export interface StackView {
  /** Bottom first. */
  frames: StackFrame[];
  proxies: Proxies;
  change: StackChange | null;
  /** Time of the change, null when there was none before the cursor. */
  changedAt: number | null;
  /** How this Flask keeps its contexts; null when the trace pushed none. */
  storage: Storage | null;
  /** Of each frame: what its g held. Empty where that was not recorded. */
  contents: readonly (readonly Known[])[];
}

export function StackCard({ workspace }: { workspace: Workspace }) {
  workspace.revision.value;
  const cursor = workspace.cursor.value;
  const start = workspace.traceStart.value ?? 0;
  const stack = stackAtCursor(workspace);
  return (
    <section class="stack-card" aria-label={t("stack.label")} data-testid="stack">
      <div class="details-head">
        <h2>
          {cursor === null
            ? t("stack.title")
            : t("stack.titleAt", { time: duration(cursor - start) })}
        </h2>
        <span>{stack && plural("stack.deep", stack.frames.length)}</span>
      </div>
      {stack === null ? (
        <p class="stack-empty">{t("stack.noCursor")}</p>
      ) : (
        <Stack stack={stack} start={start} />
      )}
    </section>
  );
}

/** The stack where the cursor stands, null without a cursor or a lane to read. */
export function stackAtCursor(workspace: Workspace): StackView | null {
  const at = workspace.position.value;
  if (at === null) return null;
  const contexts = contextsOf(workspace.log);
  const instant = at.event ?? at.time;
  const change = workspace.lastStackChange.value;
  const frames = contexts.stackAt(at.lane, instant);
  const trace = workspace.trace.value;
  const selected = workspace.selectedEvent.value;
  return {
    frames,
    storage: trace === null ? null : storageOf(workspace.log, trace),
    contents: frames.map((frame) =>
      trace === null || selected === null || frame.type !== "AppContext"
        ? []
        : stateOf(workspace.log, trace).contentsOf(frame.label, at.event ?? at.time),
    ),
    proxies: contexts.proxiesAt(at.lane, instant),
    change: change === null ? null : contexts.changedAt(change.index),
    changedAt: change?.t ?? null,
  };
}

function Stack({ stack, start }: { stack: StackView; start: number }) {
  const { frames, proxies, change, changedAt, storage, contents } = stack;
  const topFirst = [...frames].reverse();
  const changed = new Set(change?.proxies ?? []);
  return (
    <>
      <div class="stack-body">
        <div class="proxies">
          {PROXIES.map((name) => (
            <ProxyRow
              key={name}
              name={name}
              bound={proxies[name] !== null}
              changed={changed.has(name)}
              target={frames[proxies[name] ?? -1]?.name ?? null}
            />
          ))}
        </div>
        <Arrows frames={frames} proxies={proxies} />
        <ol class="boxes" aria-label={t("stack.boxes")}>
          {frames.length === 0 && <li class="stack-empty">{t("stack.empty")}</li>}
          {topFirst.map((frame, i) => (
            <Box
              key={frame.label + frame.event}
              frame={frame}
              place={placeText(frames, frames.length - 1 - i, storage)}
              contents={contents[frames.length - 1 - i] ?? []}
              number={frames.length - i}
              top={i === 0 && frames.length > 1}
              changed={change?.pushed === frame.label}
              hue={hueClass(frame.app)}
              start={start}
            />
          ))}
        </ol>
      </div>
      {storage !== null && <p class="stack-note">{t(`stack.storage.${storage}`)}</p>}
      {change !== null && changedAt !== null && (
        <p class="stack-note">
          <span aria-hidden="true">Δ </span>
          {changeText(change, changedAt - start)}
        </p>
      )}
    </>
  );
}

function ProxyRow(props: {
  name: string;
  bound: boolean;
  changed: boolean;
  target: string | null;
}) {
  const { name, bound, changed, target } = props;
  const says = bound
    ? t("stack.resolves", { name, target: target ?? "" })
    : t("stack.unbound", { name });
  return (
    <div
      class={`proxy ${changed ? "changed" : ""} ${bound ? "" : "unbound"}`}
      title={says}
      data-proxy={name}
      data-target={target ?? ""}
    >
      <code>{name}</code>
      {changed && <Delta />}
      {!bound && <span aria-hidden="true">–</span>}
      <span class="visually-hidden">{says}</span>
    </div>
  );
}

/** Where Flask keeps it; of a context variable, whether it holds this one or one above. */
function placeText(frames: StackFrame[], at: number, storage: Storage | null): string {
  const { type } = frames[at] as StackFrame;
  const holder = storage === null ? "" : holderOf(storage, type);
  if (holder === "") return "";
  if (storage === "stacks") return t("stack.inStack", { holder });
  const isCovered = frames.slice(at + 1).some((above) => above.type === type);
  return isCovered ? t("stack.covered") : t("stack.inVar", { holder });
}

/** The number that tells objects of one class apart: `app_context 3` → `#3`. */
function identityOf(label: string): string {
  const number = /(\d+)$/.exec(label)?.[1];
  return number === undefined ? "" : `#${number}`;
}

function Box(props: {
  frame: StackFrame;
  place: string;
  contents: readonly Known[];
  number: number;
  top: boolean;
  changed: boolean;
  hue: string;
  start: number;
}) {
  const { frame, place, contents, number, top, changed, hue, start } = props;
  const held = contents.map(({ name, value }) => `${name} = ${value ?? "?"}`).join("\n");
  return (
    <li class={`context-box ${hue} ${changed ? "changed" : ""}`} data-context={frame.type}>
      <div class="line">
        <span class="name ellipsis" title={t("stack.identity", { label: frame.label })}>
          {number} {frame.type}
          {frame.pushCount > 1 && (
            <span class="t3"> {t("stack.pushes", { n: frame.pushCount })}</span>
          )}
        </span>
        {changed && <Delta />}
        {top && <span class="top-mark">{t("stack.top")}</span>}
      </div>
      <div class="line">
        <span class="of ellipsis">
          <Foreign text={frame.name} />
        </span>
        <span class="pushed num">
          {frame.pushedAt === null
            ? t("stack.pushedBefore")
            : t("stack.pushed", { time: duration(frame.pushedAt - start) })}
        </span>
      </div>
      <div class="line where">
        <span>{place}</span>
        <span class="identity">{identityOf(frame.label)}</span>
        {contents.length > 0 && (
          <span class="ellipsis g" title={held} data-testid="g">
            {t("stack.g", { names: isolate(contents.map(({ name }) => name).join(", ")) })}
          </span>
        )}
      </div>
    </li>
  );
}

function Delta() {
  return (
    <span class="delta">
      <span aria-hidden="true">Δ</span>
      <span class="visually-hidden">{t("stack.changed")}</span>
    </span>
  );
}

function Arrows({ frames, proxies }: { frames: StackFrame[]; proxies: Proxies }) {
  const ends = arrowEnds(frames.length, proxies);
  const height = Math.max(PROXIES.length * PROXY.pitch, frames.length * BOX.pitch);
  return (
    <svg class="arrows" width="36" height={height} viewBox={`0 0 36 ${height}`} aria-hidden="true">
      {ends.map(({ name, from, to }) => (
        <g key={name} class={hueClass(frames[proxies[name] ?? -1]?.app ?? null)}>
          <path d={`M2 ${from}C20 ${from} 14 ${to} 30 ${to}`} />
          <path class="head" d={`M29 ${to - 3.5}l6 3.5l-6 3.5z`} />
        </g>
      ))}
    </svg>
  );
}

/** Where each bound proxy's arrow begins and ends; arrows to one box fan out. */
export function arrowEnds(
  depth: number,
  proxies: Proxies,
): { name: ProxyName; from: number; to: number }[] {
  const bound = PROXIES.filter((name) => proxies[name] !== null);
  return bound.map((name) => {
    const target = proxies[name] as number;
    const siblings = bound.filter((other) => proxies[other] === target);
    const shift = (siblings.indexOf(name) - (siblings.length - 1) / 2) * FAN;
    const fromTop = depth - 1 - target;
    return {
      name,
      from: PROXIES.indexOf(name) * PROXY.pitch + PROXY.middle,
      to: fromTop * BOX.pitch + BOX.middle + shift,
    };
  });
}

function changeText(change: StackChange, time: number): string {
  const when = { time: duration(time) };
  if (change.pushed !== null) return t("stack.lastPush", { ...when, label: typeIn(change.pushed) });
  if (change.popped !== null) return t("stack.lastPop", { ...when, label: typeIn(change.popped) });
  return t("stack.lastChange", when);
}

/** What a label such as `request_context 3` stands for, as the boxes call it; of others the label. */
function typeIn(label: string): string {
  if (label.startsWith("request_context")) return "RequestContext";
  return label.startsWith("app_context") ? "AppContext" : label;
}
