/** The selected event: what it is in one sentence, its figures, its source and its attributes. */
import { Fragment } from "preact";
import { useState } from "preact/hooks";
import { duration } from "../i18n/format";
import { sentence, t } from "../i18n/translate";
import { contextsOf } from "../model/contexts";
import { explain } from "../model/explain";
import { phaseOfKind } from "../model/kinds";
import { depthOf, LEAST_RINGS, layersOf } from "../model/layers";
import { leaksOf } from "../model/leaks";
import type { EventLog, EventView } from "../model/log";
import type { SpanFacts } from "../state/facts";
import { TABS } from "../state/location";
import type { Workspace } from "../state/workspace";
import { Changes } from "./changes";
import { usePage } from "./context";
import { lazy } from "./lazy";
import { DocsLink, Foreign, ScrollBox } from "./marks";
import { Source } from "./source";
import { StackCard } from "./stack_card";
import { StateTab } from "./state_tab";

const Layers = lazy(async () => (await import("./layers")).Layers, { texts: "map" });
const WhyHere = lazy(async () => (await import("./why_here")).WhyHere, { texts: "map" });

/** What tells of a layer, or leads from one to the next. */
const LAYER_KINDS: ReadonlySet<string> = new Set(["request", "middleware", "dispatch", "wsgi_app"]);
/** Shown in a row of their own, or by the source. */
const SHOWN_ELSEWHERE = new Set(["source"]);

export function Details({ workspace }: { workspace: Workspace }) {
  const facts = workspace.selectedFacts.value;
  return (
    <ScrollBox class="details" label={t("details.label")}>
      <StackCard workspace={workspace} />
      <hr class="rule" />
      {facts === null ? (
        <p class="empty">{t("details.none")}</p>
      ) : (
        <EventDetails facts={facts} workspace={workspace} />
      )}
    </ScrollBox>
  );
}

function EventDetails({ facts, workspace }: { facts: SpanFacts; workspace: Workspace }) {
  const { event } = facts;
  // The tab says the same, and more.
  const { tab } = usePage();
  const { sentence: words, link } = explain(event, sentence);
  const phase = facts.failed ? "error" : phaseOfKind(event.kind);
  return (
    <>
      <div class="event-title" data-testid="event-title">
        <span class={`swatch ph-${phase}`} aria-hidden="true" />
        <h2>
          {event.kind} <Foreign text={event.name} />
        </h2>
      </div>
      <p class="sentence">
        {words} {link !== null && <DocsLink to={link} />}
      </p>
      <Facts facts={facts} workspace={workspace} />
      {LAYER_KINDS.has(event.kind) && <LayersAround event={event} workspace={workspace} />}
      {facts.changes !== undefined && tab.value !== "state" && <Changes changes={facts.changes} />}
      <Tabs facts={facts} workspace={workspace} />
    </>
  );
}

/** Of a server and an application alone there is nothing to draw. */
function LayersAround({ event, workspace }: { event: EventView; workspace: Workspace }) {
  const { log } = workspace;
  const layers = event.traceId === null ? [] : layersOf(log, event.traceId);
  if (depthOf(layers) < LEAST_RINGS) return null;
  return (
    <Layers
      layers={layers}
      log={log}
      selected={event.index}
      select={(index) => workspace.selectEvent(index)}
    />
  );
}

function Facts({ facts, workspace }: { facts: SpanFacts; workspace: Workspace }) {
  const rows = factRows(facts, workspace.traceStart.value ?? 0);
  const popped = poppedText(facts.event, workspace.log);
  if (popped !== null) rows.push([t("details.popped"), popped, false]);
  return (
    <dl class="facts">
      {rows.map(([name, value, mono]) => (
        <Fragment key={name}>
          <dt>{name}</dt>
          <dd class={mono ? "mono" : ""}>
            <bdi class={value.length > LONG ? "clamped" : ""}>{value}</bdi>
          </dd>
        </Fragment>
      ))}
    </dl>
  );
}

type FactRow = [name: string, value: string, mono: boolean];

function factRows({ event, attributes, span, own }: SpanFacts, start: number): FactRow[] {
  const rows: FactRow[] = [];
  const add = (name: string, value: unknown, mono = false) => {
    if (value !== undefined && value !== null && value !== "") rows.push([name, text(value), mono]);
  };
  if (span !== null) {
    const whole = { time: duration(span), own: duration(own) };
    add(
      t("details.duration"),
      t(own < span ? "details.durationOwn" : "details.durationAll", whole),
    );
  } else if (event.phase === "begin") add(t("details.duration"), t("details.open"));
  add(t("details.at"), t("details.atTime", { time: duration(event.t - start) }));
  add(t("details.app"), event.app);
  add(t("details.registered"), registration(attributes));
  add(t("details.endpoint"), attributes.endpoint, true);
  add(t("details.returned"), attributes.returned, true);
  add(t("details.arguments"), attributes.arguments ?? attributes.view_args, true);
  add(t("details.receivers"), receiversText(attributes.receivers));
  add(t("details.status"), attributes.status, true);
  add(t("details.target"), attributes.target, true);
  add(t("details.removed"), removal(attributes), false);
  add(t("details.who"), attributes.who, true);
  add(t("details.refused"), attributes.refused, true);
  add(t("details.exception"), attributes.left_by ?? attributes.exception, true);
  return rows;
}

/** When the context that *event* pushed was popped; null where that is not known, or not asked. */
function poppedText(event: EventView, log: EventLog): string | null {
  if (!event.kind.endsWith("_context.push") || event.traceId === null) return null;
  const pushed = contextsOf(log)
    .sleevesOf(event.lane)
    .find(({ pushEvent }) => pushEvent === event.index);
  if (pushed === undefined) return null;
  if (pushed.popEvent !== null) {
    return t("details.poppedAfter", { time: duration(pushed.end - pushed.start) });
  }
  return leaksOf(log, event.traceId).includes(pushed) ? t("details.neverPopped") : null;
}

/** Who registered the function, for which part of the application, and in which place. */
function registration(attributes: Readonly<Record<string, unknown>>): string {
  const { registered_by: by, scope, order } = attributes;
  const said: string[] = [];
  if (typeof by === "string") said.push(t("details.registeredBy", { by }));
  if (typeof scope === "string") said.push(t("details.scope", { scope }));
  else if (scope === null) said.push(t("details.scopeApp"));
  if (typeof order === "number") said.push(t("details.order", { order }));
  return said.join(", ");
}

/** Which pop took away what a proxy looked for, and how long before. */
function removal(attributes: Readonly<Record<string, unknown>>): string | undefined {
  const { removed, removed_ms: ms } = attributes;
  if (typeof removed !== "string" || typeof ms !== "number") return undefined;
  return t("details.removedBy", { context: removed, time: duration(ms * 1e6) });
}

function receiversText(receivers: unknown): string | undefined {
  if (receivers === 0 || (Array.isArray(receivers) && receivers.length === 0)) {
    return t("details.noReceivers");
  }
  if (Array.isArray(receivers)) return receivers.map(text).join(", ");
  return typeof receivers === "number" ? String(receivers) : undefined;
}

/** The one that was chosen stays from event to event. */
function Tabs({ facts, workspace }: { facts: SpanFacts; workspace: Workspace }) {
  const { tab: kept } = usePage();
  const chosen =
    kept.value ?? (typeof facts.attributes.source === "string" ? "source" : "attributes");
  return (
    <>
      <div
        class="tabs"
        role="tablist"
        aria-label={t("details.tabs")}
        onKeyDown={(event) => {
          if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
          event.preventDefault();
          const step = event.key === "ArrowRight" ? 1 : TABS.length - 1;
          const next = TABS[(TABS.indexOf(chosen) + step) % TABS.length] as (typeof TABS)[number];
          kept.value = next;
          document.getElementById(`tab-${next}`)?.focus();
        }}
      >
        {TABS.map((tab) => (
          <button
            key={tab}
            id={`tab-${tab}`}
            type="button"
            role="tab"
            aria-selected={tab === chosen}
            aria-controls="tab-panel"
            tabIndex={tab === chosen ? 0 : -1}
            onClick={() => {
              kept.value = tab;
            }}
          >
            {t(`details.tab.${tab}`)}
          </button>
        ))}
      </div>
      <div id="tab-panel" role="tabpanel" aria-labelledby={`tab-${chosen}`}>
        {chosen === "source" && <Source facts={facts} />}
        {chosen === "why" && <WhyHere event={facts.event} workspace={workspace} />}
        {chosen === "state" && <StateTab facts={facts} workspace={workspace} />}
        {chosen === "attributes" && <Attributes key={facts.event.index} facts={facts} />}
      </div>
    </>
  );
}

function Attributes({ facts }: { facts: SpanFacts }) {
  const { event, attributes } = facts;
  const entries = Object.entries(attributes).filter(([name]) => !SHOWN_ELSEWHERE.has(name));
  return (
    <dl class="facts">
      {entries.map(([name, value]) => (
        <AttributeRow key={name} name={name} value={text(value)} />
      ))}
      <AttributeRow name="seq" value={String(event.seq)} />
      {event.spanId && <AttributeRow name="span_id" value={event.spanId} />}
      {event.traceId && <AttributeRow name="trace_id" value={event.traceId} />}
    </dl>
  );
}

const LONG = 240;

function AttributeRow({ name, value }: { name: string; value: string }) {
  const [whole, setWhole] = useState(false);
  const long = value.length > LONG;
  return (
    <>
      <dt class="mono">{name}</dt>
      <dd class="mono">
        <bdi class={long && !whole ? "clamped" : ""}>{value}</bdi>
        {long && (
          <button type="button" class="link" onClick={() => setWhole(!whole)}>
            {whole ? t("details.less") : t("details.more")}
          </button>
        )}
      </dd>
    </>
  );
}

/** A value as text: strings as they are, everything else as JSON. */
function text(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
