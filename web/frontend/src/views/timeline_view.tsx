/** Timeline and overview, which are plain TypeScript: here they are fed by the workspace's signals. */
import { effect } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { language } from "../i18n/language";
import { plural, sentence, t } from "../i18n/translate";
import type { EventView } from "../model/log";
import { isFailed } from "../state/failed";
import type { Page } from "../state/page";
import { MAX_LISTED, type Workspace } from "../state/workspace";
import { createOverview } from "../timeline/overview";
import { createTimeline } from "../timeline/timeline";
import { usePage } from "./context";
import { explanationOf } from "./explanations";
import { ghostsIn, ghostsRevision } from "./ghosts";
import { DocsLink, Foreign } from "./marks";

const SPAN_NS = 60e9;
/** Between two drawings of bars that grow. */
const GROW_MS = 100;
/** How long a tip stays when the pointer has left its bar, ms. */
const TIP_REST = 250;

interface Pointed {
  event: EventView;
  x: number;
  y: number;
}

export function TimelineView({ workspace }: { workspace: Workspace }) {
  const page = usePage();
  const host = useRef<HTMLDivElement>(null);
  const [pointed, setPointed] = useState<Pointed | null>(null);
  const closing = useRef(0);
  // The way from the bar to the link in its tip leads over other things.
  const stay = () => clearTimeout(closing.current);
  const leave = () => {
    stay();
    closing.current = window.setTimeout(() => setPointed(null), TIP_REST);
  };

  // The tip gives way: who presses on it means what lies below, unless it is the link.
  const press = (event: PointerEvent) => {
    if ((event.target as Element).closest("a") !== null) return;
    setPointed(null);
    const canvas = host.current?.querySelector("[role=application]");
    canvas?.dispatchEvent(new PointerEvent(event.type, event));
  };

  useEffect(() => {
    // Read before it is there: a new timeline shows the whole log, and says so.
    const view = workspace.viewTouched ? workspace.view.peek() : null;
    const trace = workspace.trace.peek();
    const timeline = createTimeline(host.current as HTMLDivElement, {
      log: workspace.log,
      label: sentence,
      explain: (event) => explanationOf(event)?.sentence ?? "",
      skipped: () => ghostsIn(page, workspace),
      isGone: (pid) => page.gone.peek().has(pid),
      beyond: () => workspace.beyond.peek(),
      onTrace: (trace) => void workspace.select(trace),
      scale: page.preferences.scale.peek(),
      folds: workspace.folds,
      onFolds: () => {
        workspace.foldsRevision.value++;
      },
      onSelect: (ref, description) => {
        workspace.selectEvent(ref);
        page.announcement.value = description;
      },
      onCursor: (time) => {
        if (time === null) return;
        workspace.moveCursor(time);
        page.preferences.coachSeen.value = true;
      },
      onView: ({ start, end }) => {
        workspace.view.value = [start, end];
      },
      onHover: (ref, x, y) => {
        const event = ref === null ? undefined : workspace.log.event(ref);
        if (event === undefined) return leave();
        stay();
        setPointed({ event, x, y });
      },
    });
    workspace.timeline = timeline;
    if (view !== null) timeline.setView({ start: view[0], end: view[1] });
    else if (trace !== null) timeline.fitTrace(trace);
    let wasRunning = false;
    const stops = [
      effect(() => {
        language.value;
        ghostsRevision.value;
        workspace.beyond.value;
        timeline.refresh();
      }),
      effect(() => timeline.setScale(page.preferences.scale.value)),
      effect(() => timeline.setSelection(workspace.selectedRef.value)),
      effect(() => timeline.setCursor(workspace.cursor.value)),
      effect(() => {
        const isRunning = workspace === page.live && isUnderWay(page);
        timeline.setRunning(isRunning);
        if (!isRunning) {
          if (wasRunning && !workspace.viewTouched) workspace.fit();
          wasRunning = false;
          return;
        }
        wasRunning = true;
        const timer = setInterval(() => {
          if (workspace.viewTouched) timeline.setRunning(true);
          else workspace.fit();
        }, GROW_MS);
        return () => clearInterval(timer);
      }),
      effect(() =>
        timeline.setGhostLegend(workspace === page.live && workspace.items.value.length === 0),
      ),
    ];
    const touched = () => {
      workspace.viewTouched = true;
    };
    const element = host.current;
    element?.addEventListener("wheel", touched, { passive: true });
    element?.addEventListener("pointerdown", touched);
    return () => {
      for (const stop of stops) stop();
      element?.removeEventListener("wheel", touched);
      element?.removeEventListener("pointerdown", touched);
      workspace.timeline = null;
      timeline.destroy();
    };
  }, [workspace, page]);

  return (
    <div class="timeline" ref={host}>
      {pointed && <Tip {...pointed} host={host.current} stay={stay} leave={leave} press={press} />}
    </div>
  );
}

/** Whether the selected request runs, as far as anyone can know. */
function isUnderWay({ live, gone, connection }: Page): boolean {
  const item = live.selectedItem.value;
  if (item === null || item.complete || live.frozen.value) return false;
  return connection.value.state === "connected" && !gone.value.has(item.pid);
}

interface TipProps extends Pointed {
  host: HTMLElement | null;
  stay: () => void;
  leave: () => void;
  press: (event: PointerEvent) => void;
}

function Tip({ event, x, y, host, stay, leave, press }: TipProps) {
  const width = host?.clientWidth ?? 0;
  const height = host?.clientHeight ?? 0;
  const right = x > width / 2;
  const below = y < height - 110;
  const explained = explanationOf(event);
  return (
    <div
      class="timeline-tip"
      role="tooltip"
      onPointerEnter={stay}
      onPointerLeave={leave}
      onPointerDown={press}
      style={{
        [right ? "right" : "left"]: `${right ? width - x + 12 : x + 12}px`,
        [below ? "top" : "bottom"]: `${below ? y + 14 : height - y + 14}px`,
      }}
    >
      <div class="strong">
        {event.kind} <Foreign text={event.name} />
      </div>
      <div class="t2">
        {explained?.sentence} {explained?.link && <DocsLink to={explained.link} />}
      </div>
    </div>
  );
}

export function OverviewStrip({ workspace }: { workspace: Workspace }) {
  const page = usePage();
  const host = useRef<HTMLDivElement>(null);
  const live = workspace === page.live;

  useEffect(() => {
    const overview = createOverview(host.current as HTMLDivElement, {
      log: workspace.log,
      label: sentence,
      span: live ? SPAN_NS : null,
      beyond: () => workspace.beyond.peek(),
      onView: (view) => {
        workspace.viewTouched = true;
        workspace.timeline?.setView(view);
      },
    });
    const stops = [
      effect(() => {
        language.value;
        workspace.beyond.value;
        overview.refresh();
      }),
      effect(() => {
        const view = workspace.view.value;
        if (view !== null) overview.setView({ start: view[0], end: view[1] });
      }),
    ];
    return () => {
      for (const stop of stops) stop();
      overview.destroy();
    };
  }, [workspace, page, live]);

  return (
    <>
      <OverviewLabel workspace={workspace} live={live} />
      <div class="overview" ref={host} />
    </>
  );
}

function OverviewLabel({ workspace, live }: { workspace: Workspace; live: boolean }) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!live) return;
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [live]);
  const since = live ? (Math.max(now, Date.now()) - SPAN_NS / 1e6) * 1e6 : 0;
  const items = workspace.items.value.filter((item) => item.start_ts >= since);
  const whole = workspace.whole.value;
  const errors = whole === null ? items.filter(isFailed).length : (whole.failed ?? 0);
  return (
    <div class="overview-label">
      <div class="cap">{live ? t("overview.live") : t("overview.recording")}</div>
      <div class="t2">
        {whole !== null || items.length < MAX_LISTED
          ? plural("requests.count", whole?.traces ?? items.length)
          : t("requests.atLeast", { n: items.length })}
        {errors > 0 && (
          <>
            {" · "}
            <span class="bad">▼ {plural("requests.errors", errors)}</span>
          </>
        )}
      </div>
    </div>
  );
}
