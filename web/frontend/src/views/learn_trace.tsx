/** What one request of the lesson made happen, on a timeline of its own, with the points' numbers. */
import { effect } from "@preact/signals";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { language } from "../i18n/language";
import { sentence, t } from "../i18n/translate";
import { depthOf, LEAST_RINGS, layersOf } from "../model/layers";
import { shownIn } from "../model/lessons/points";
import type { EventLog } from "../model/log";
import { firedKey, learnState } from "../state/learn";
import type { RecordedRun } from "../state/learn_runs";
import type { Page } from "../state/page";
import { knowRegistered } from "../state/registered";
import { loadTraces, type TraceLog } from "../state/trace_log";
import { Workspace } from "../state/workspace";
import { createTimeline } from "../timeline/timeline";
import type { Timeline } from "../timeline/types";
import type { Callout, Move } from "../timeline/values";
import type { LessonItem } from "../transport/items";
import { usePage } from "./context";
import { explanationOf } from "./explanations";
import { ghostsIn, ghostsRevision } from "./ghosts";
import { lazy } from "./lazy";
import { say } from "./learn_link";
import { openRun } from "./learn_open";
import type { Picture, Pictures } from "./learn_pictures";
import { RecordedNote } from "./learn_requests";
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
  /** Whether points and recorded runs may be told: not before the reader has predicted. */
  revealed: boolean;
}

export function LessonTrace({ lesson, pictures, revealed }: Props) {
  const page = usePage();
  const [number, choose] = useShown(page, lesson);
  const shown = lesson.requests.map((_, n) => pictures.get(n) ?? null);
  const drawable = shown.map((picture) => isDrawable(picture, revealed));
  const picture = drawable[number] ? (shown[number] as Picture) : undefined;
  const loaded = useWorkspace(page, picture);
  if (picture === undefined) return null;
  const label = say(lesson.requests[number]?.label ?? lesson.title);
  return (
    <section class="lesson-trace" data-testid="lesson-trace">
      <div class="row">
        <h2 class="grow">{t("learn.trace", { label })}</h2>
        <button
          type="button"
          class="btn small"
          onClick={() => openRun(page, lesson, picture, null)}
        >
          {t("learn.timeline")}
        </button>
      </div>
      {drawable.filter(Boolean).length > 1 && (
        <select
          class="input lesson-runs"
          aria-label={t("learn.runs")}
          value={number}
          onChange={(event) => choose(Number(event.currentTarget.value))}
        >
          {lesson.requests.map(({ label }, n) =>
            drawable[n] ? (
              <option key={n} value={n}>
                {say(label)}
              </option>
            ) : null,
          )}
        </select>
      )}
      {picture.recorded && (
        <p class="t2">
          <RecordedNote run={picture.recorded} />
        </p>
      )}
      {loaded.problem !== null && <ProblemBox error={loaded.problem} />}
      {loaded.workspace !== null ? (
        <TracePicture
          key={picture.trace}
          workspace={loaded.workspace}
          callouts={() =>
            revealed
              ? calloutsOf(lesson, number, picture, loaded.workspace as Workspace)
              : NO_CALLOUTS
          }
          name={t("learn.traceKeys", { label })}
        />
      ) : (
        loaded.problem === null && <Busy />
      )}
      {loaded.workspace !== null && (
        <Rings lesson={lesson} workspace={loaded.workspace} picture={picture} />
      )}
    </section>
  );
}

/** The layers that the request went through, if there were more than usual. */
function Rings({
  lesson,
  workspace,
  picture,
}: {
  lesson: LessonItem;
  workspace: Workspace;
  picture: Picture;
}) {
  const page = usePage();
  const { log } = workspace;
  const layers = picture.traces.flatMap((trace) => layersOf(log, trace));
  if (depthOf(layers) < LEAST_RINGS) return null;
  const select = (event: number) => {
    const shown = log.event(event);
    const own = picture.log.eventsOf(shown?.traceId ?? "");
    const found = own.find((index) => picture.log.event(index)?.seq === shown?.seq);
    void openRun(page, lesson, picture, found ?? null);
  };
  return <Layers layers={layers} log={log} selected={null} select={select} />;
}

/** While it is under way the live screen shows more than a picture here could. */
function isDrawable(picture: Picture | null, revealed: boolean): boolean {
  if (picture === null || !picture.complete || picture.traces.length === 0) return false;
  return revealed || picture.recorded === null;
}

/** Which request is shown: the one that was fired last, until the reader chooses another. */
function useShown(page: Page, lesson: LessonItem): [number, (number: number) => void] {
  const newest = newestOf(page, lesson);
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const first = lesson.points[lesson.prediction?.point ?? 0]?.request ?? 0;
  const number = chosen?.over === newest.at ? chosen.number : (newest.number ?? first);
  return [number, (number) => setChosen({ number, over: newest.at })];
}

interface Chosen {
  number: number;
  /** When the last request had been fired as it was chosen: another one takes its place. */
  over: number;
}

/** The request of the lesson that was fired last. */
function newestOf(page: Page, lesson: LessonItem): { number: number | null; at: number } {
  const fired = learnState(page).fired.value;
  let newest: number | null = null;
  let latest = Number.NEGATIVE_INFINITY;
  lesson.requests.forEach((_, number) => {
    const from = fired.get(firedKey(lesson.id, number))?.from ?? latest;
    if (from > latest) [newest, latest] = [number, from];
  });
  return { number: newest, at: latest };
}

interface Loaded {
  key: string;
  workspace: Workspace | null;
  problem: unknown;
}

/** The traces of *picture* in a workspace that no other screen shows. */
function useWorkspace(page: Page, picture: Picture | undefined): Loaded {
  const run = picture?.recorded ?? null;
  const recorded = useMemo(() => run && workspaceOf(page, run), [page, run]);
  const key = run === null ? (picture?.traces ?? []).slice(0, MOST_TRACES).join(" ") : "";
  const [loaded, setLoaded] = useState<Loaded>({ key: "", workspace: null, problem: null });
  useEffect(() => {
    if (key === "") return;
    let wanted = true;
    loadTraces(page, key.split(" ")).then(
      (found) => wanted && setLoaded({ key, workspace: workspaceOf(page, found), problem: null }),
      (problem) => wanted && setLoaded({ key, workspace: null, problem }),
    );
    return () => {
      wanted = false;
    };
  }, [page, key]);
  if (recorded !== null) return { key, workspace: recorded, problem: null };
  return loaded.key === key ? loaded : { key, workspace: null, problem: null };
}

function workspaceOf(page: Page, found: TraceLog | RecordedRun): Workspace {
  const workspace = new Workspace((trace) => page.api.traceEvents(trace), found.log);
  workspace.update(found.items);
  if ("registered" in found && found.registered) knowRegistered(workspace, found.registered);
  void workspace.select(found.items[0]?.id as string, { fetch: false, fit: false });
  return workspace;
}

/** The events that the points are shown by, as they are numbered in the workspace's log. */
function calloutsOf(
  lesson: LessonItem,
  request: number,
  picture: Picture,
  { log }: Workspace,
): Callout[] {
  const callouts: Callout[] = [];
  lesson.points.forEach((point, i) => {
    if (point.request !== request) return;
    const shown = shownIn(point, picture.lines, picture.complete);
    const event = shown.event === null ? undefined : picture.log.event(shown.event);
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
