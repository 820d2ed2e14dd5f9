/** What the lesson's last request made happen, on a timeline of its own, with the points' numbers. */
import { effect } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { language } from "../i18n/language";
import { sentence, t } from "../i18n/translate";
import { depthOf, LEAST_RINGS, layersOf } from "../model/layers";
import { shownIn } from "../model/lessons/points";
import type { EventLog } from "../model/log";
import { firedKey, learnState } from "../state/learn";
import type { Page } from "../state/page";
import { loadTraces } from "../state/trace_log";
import { Workspace } from "../state/workspace";
import { createTimeline } from "../timeline/timeline";
import type { Callout, Move, Timeline } from "../timeline/types";
import type { LessonItem } from "../transport/items";
import { usePage } from "./context";
import { explanationOf } from "./explanations";
import { ghostsIn, ghostsRevision } from "./ghosts";
import { lazy } from "./lazy";
import { say } from "./learn_link";
import type { Picture, Pictures } from "./learn_pictures";
import { openTrace } from "./learn_points";
import { Busy, ProblemBox } from "./marks";

const Layers = lazy(async () => (await import("./layers")).Layers, { texts: "map" });

/** CSS pixels; what needs more is dragged. */
const HIGHEST = 460;
/** A script that makes more shows its first ones. */
const MOST_TRACES = 20;
const NO_CALLOUTS: Callout[] = [];
const MOVES: Readonly<Record<string, Move>> = {
  ArrowLeft: "prev",
  ArrowRight: "next",
  ArrowUp: "parent",
  ArrowDown: "child",
};

interface Props {
  lesson: LessonItem;
  pictures: Pictures;
  /** Whether the points may be told: not before the reader has predicted. */
  numbered: boolean;
}

export function LessonTrace({ lesson, pictures, numbered }: Props) {
  const page = usePage();
  const number = newestOf(page, lesson);
  const picture = number === null ? undefined : pictures.get(number);
  // While it is under way the live screen shows more than a picture here could.
  const traces = picture?.complete ? picture.traces.slice(0, MOST_TRACES) : [];
  const loaded = useWorkspace(page, traces);
  if (number === null || picture === undefined || traces.length === 0) return null;
  const label = say(lesson.requests[number]?.label ?? lesson.title);
  return (
    <section class="lesson-trace" data-testid="lesson-trace">
      <div class="row">
        <h2 class="grow">{t("learn.trace", { label })}</h2>
        <button
          type="button"
          class="btn small"
          onClick={() => openTrace(page, picture.trace, null)}
        >
          {t("learn.timeline")}
        </button>
      </div>
      {loaded.problem !== null && <ProblemBox error={loaded.problem} />}
      {loaded.workspace !== null ? (
        <TracePicture
          key={picture.trace}
          workspace={loaded.workspace}
          callouts={() =>
            numbered
              ? calloutsOf(page, lesson, number, picture, loaded.workspace as Workspace)
              : NO_CALLOUTS
          }
          name={t("learn.traceKeys", { label })}
        />
      ) : (
        loaded.problem === null && <Busy />
      )}
      {loaded.workspace !== null && <Rings workspace={loaded.workspace} picture={picture} />}
    </section>
  );
}

/** The layers that the request went through, if there were more than usual. */
function Rings({ workspace, picture }: { workspace: Workspace; picture: Picture }) {
  const page = usePage();
  const { log } = workspace;
  const layers = picture.traces.flatMap((trace) => layersOf(log, trace));
  if (depthOf(layers) < LEAST_RINGS) return null;
  const select = (event: number) => {
    const shown = log.event(event);
    const trace = shown?.traceId ?? picture.trace;
    void openTrace(page, trace, shown ? page.live.indexOfSeq(trace, shown.seq) : null);
  };
  return <Layers layers={layers} log={log} selected={null} select={select} />;
}

/** The request of the lesson that was fired last. */
function newestOf(page: Page, lesson: LessonItem): number | null {
  const fired = learnState(page).fired.value;
  let newest: number | null = null;
  let latest = Number.NEGATIVE_INFINITY;
  lesson.requests.forEach((_, number) => {
    const from = fired.get(firedKey(lesson.id, number))?.from ?? latest;
    if (from > latest) [newest, latest] = [number, from];
  });
  return newest;
}

interface Loaded {
  key: string;
  workspace: Workspace | null;
  problem: unknown;
}

/** The traces in a workspace that no other screen shows. */
function useWorkspace(page: Page, traces: readonly string[]): Loaded {
  const key = traces.join(" ");
  const [loaded, setLoaded] = useState<Loaded>({ key: "", workspace: null, problem: null });
  useEffect(() => {
    if (key === "") return;
    let wanted = true;
    loadTraces(page, key.split(" ")).then(
      ({ items, log }) => {
        if (!wanted) return;
        const workspace = new Workspace((trace) => page.api.traceEvents(trace), log);
        workspace.update(items);
        void workspace.select(items[0]?.id as string, { fetch: false, fit: false });
        setLoaded({ key, workspace, problem: null });
      },
      (problem) => wanted && setLoaded({ key, workspace: null, problem }),
    );
    return () => {
      wanted = false;
    };
  }, [page, key]);
  return loaded.key === key ? loaded : { key, workspace: null, problem: null };
}

/** The events that the points are shown by, as they are numbered in the workspace's log. */
function calloutsOf(
  page: Page,
  lesson: LessonItem,
  request: number,
  picture: Picture,
  { log }: Workspace,
): Callout[] {
  const callouts: Callout[] = [];
  lesson.points.forEach((point, i) => {
    if (point.request !== request) return;
    const shown = shownIn(point, picture.lines, picture.complete);
    const event = shown.event === null ? undefined : page.live.log.event(shown.event);
    if (!shown.seen || event?.traceId == null) return;
    const ref = placeOf(log, event.traceId, event.seq);
    if (ref !== null) callouts.push({ ref, number: i + 1 });
  });
  return callouts;
}

/** The event with this `seq`, or the begin of the span that ends there. */
function placeOf(log: EventLog, trace: string, seq: number): number | null {
  const indexes = log.eventsOf(trace);
  const found = indexes.find((index) => log.event(index)?.seq === seq);
  const event = found === undefined ? undefined : log.event(found);
  if (event?.phase !== "end") return found ?? null;
  const begins = indexes.find((index) => {
    const other = log.event(index);
    return other?.phase === "begin" && other.spanId === event.spanId;
  });
  return begins ?? null;
}

interface PictureProps {
  workspace: Workspace;
  callouts: () => Callout[];
  name: string;
}

function TracePicture({ workspace, callouts, name }: PictureProps) {
  const page = usePage();
  const host = useRef<HTMLDivElement>(null);
  const timeline = useRef<Timeline | null>(null);
  const [height, setHeight] = useState(HIGHEST);
  const [told, setTold] = useState("");
  const asked = useRef(callouts);
  asked.current = callouts;
  const numbers = callouts().map(({ number }) => number);
  useEffect(() => {
    const made = createTimeline(host.current as HTMLDivElement, {
      log: workspace.log,
      label: sentence,
      explain: (event) => explanationOf(event)?.sentence ?? "",
      skipped: () => ghostsIn(page, workspace),
      callouts: () => asked.current(),
      scale: page.preferences.scale.peek(),
      embedded: true,
      name,
      onSelect: (ref, description) => {
        workspace.selectEvent(ref);
        setTold(description);
        page.announcement.value = description;
      },
      onCursor: () => {},
      onView: () => {},
      onHover: () => {},
      onHeight: (needed) => setHeight(Math.min(HIGHEST, Math.ceil(needed) + 1)),
    });
    timeline.current = made;
    made.fitAll();
    const trace = workspace.trace.peek();
    if (trace !== null && workspace.items.peek().length === 1) made.fitTrace(trace);
    const stops = [
      effect(() => {
        language.value;
        ghostsRevision.value;
        made.refresh();
      }),
      effect(() => made.setScale(page.preferences.scale.value)),
    ];
    return () => {
      for (const stop of stops) stop();
      made.destroy();
    };
  }, [workspace, page, name]);
  const onKeyDown = (event: KeyboardEvent) => {
    const move = MOVES[event.key];
    if (move === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    timeline.current?.moveSelection(move);
  };
  return (
    <>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the canvas inside has role and focus */}
      <div
        class="lesson-timeline"
        style={{ height: `${height}px` }}
        data-callouts={numbers.join(" ")}
        ref={host}
        onKeyDown={onKeyDown}
      />
      <p class="t2 lesson-told">
        {told || t(numbers.length > 0 ? "learn.traceHint" : "learn.traceHintPlain")}
      </p>
    </>
  );
}
