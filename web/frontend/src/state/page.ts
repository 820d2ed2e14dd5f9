/** The page as a whole: its parts, what the reader can do, and what arrives from the dashboard. */
import { batch, computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { duration } from "../i18n/format";
import { t } from "../i18n/translate";
import { meetApps } from "../model/hues";
import { type Api, ProblemError } from "../transport/api";
import type {
  FireAnswer,
  FireRequest,
  RecordingItem,
  SettingsItem,
  StatusItem,
  TraceItem,
} from "../transport/items";
import type { LiveSink } from "../transport/live";
import { type Connection, type StatusLine, statusLine } from "./connection";
import { type MapOptions, PLAIN_MAP, type Screen, type Tab } from "./location";
import type { News } from "./news";
import type { Preferences } from "./preferences";
import { areProblemTextsLoaded, loadProblemTexts, problemText, saidOf } from "./problems";
import type { Replay } from "./replay";
import { sampleApps, sampleRequest } from "./samples";
import { MAX_LISTED, Workspace } from "./workspace";

export interface Notice {
  text: string;
  bad: boolean;
  /** Leads to the recordings. */
  toRecordings?: boolean;
}

/** Between two newest requests that show themselves. */
const SHOW_MS = 700;

/** Traces asked for at the start; more come by the socket. */
const FIRST_TRACES = MAX_LISTED;

export class Page {
  readonly api: Api;
  readonly preferences: Preferences;
  readonly live: Workspace;
  readonly screen: Signal<Screen> = signal("live");
  /** Query of a screen that reads it by itself. */
  readonly own = signal("");
  /** Waits for another one that it is compared with. */
  readonly marked: Signal<TraceItem | null> = signal(null);
  /** The recording that is open; its workspace is shown on the screen "recording". */
  readonly opened: Signal<Replay | null> = signal(null);
  /** The recording whose player is on its way: what stood here before must not be pressed. */
  readonly opening: Signal<string | null> = signal(null);
  /** What is looked at is the opened recording, rather than what is live: also on the map. */
  readonly onRecording = signal(false);
  readonly map: Signal<MapOptions> = signal(PLAIN_MAP);
  /** Plays the request that is selected on the live screen, as long as it is selected. */
  readonly playback: Signal<Replay | null> = signal(null);
  /** What the transport bar and its keys move. */
  readonly player: ReadonlySignal<Replay | null> = computed(() =>
    this.onRecording.value ? this.opened.value : this.playback.value,
  );
  readonly connection: Signal<Connection> = signal({ state: "connecting" });
  readonly status: Signal<StatusItem | null> = signal(null);
  readonly recordings: Signal<readonly RecordingItem[] | null> = signal(null);
  readonly settings: Signal<SettingsItem | null> = signal(null);
  readonly notice: Signal<Notice | null> = signal(null);
  /** Goes to the one polite live region. */
  readonly announcement = signal("");
  /** Which of the details the reader chose. */
  readonly tab: Signal<Tab | null> = signal(null);
  readonly composerOpen = signal(false);
  readonly helpOpen = signal(false);
  /** Just stopped: its name is asked for where the button is. */
  readonly naming: Signal<RecordingItem | null> = signal(null);
  /** Fired from here and awaited: selected as soon as it is heard of. */
  readonly awaited: Signal<string | null> = signal(null);

  readonly current: ReadonlySignal<Workspace> = computed(() =>
    this.onRecording.value && this.opened.value ? this.opened.value.workspace : this.live,
  );
  readonly statusLine: ReadonlySignal<StatusLine> = computed(() =>
    statusLine(this.connection.value, this.status.value),
  );
  readonly recording: ReadonlySignal<RecordingItem | null> = computed(
    () => this.status.value?.recording ?? null,
  );

  /**
   * Processes that ended or fell silent: what was running there does not run any more. The list of
   * applications does not hold all of them: not those that the same command runs anew.
   */
  readonly gone: ReadonlySignal<{ has(pid: number | null): boolean }> = computed(() => {
    const { apps, awaited } = this.status.value ?? { apps: null, awaited: [] };
    const present = new Set(apps?.filter((app) => app.connected).map((app) => app.pid));
    for (const pid of awaited) present.add(pid);
    return { has: (pid) => apps !== null && pid !== null && !present.has(pid) };
  });

  /** What the dashboard's return means, as far as it is known. */
  private news: News = {};
  /** The recording that ran when the dashboard was last heard of. */
  private ranWhenLost: RecordingItem | null = null;
  /** A recording is being started or stopped. */
  private isToggling = false;
  /** The player is on its way; asked for again, it is not wanted any more. */
  private playbackAsked = false;
  private showing: ReturnType<typeof setTimeout> | undefined;

  constructor(api: Api, preferences: Preferences) {
    this.api = api;
    this.preferences = preferences;
    this.live = new Workspace((trace) => api.traceEvents(trace));
    effect(() => {
      if (this.playback.peek()?.id !== this.live.trace.value) this.endPlayback();
    });
  }

  // --- what arrives -------------------------------------------------------------------------

  /** What the live stream hands its messages to. */
  sink(): LiveSink {
    return {
      frame: (data) => this.live.append(data),
      connected: () => void this.connected(),
      disconnected: () => {
        this.connection.value = { state: "lost" };
        this.news = {};
        this.ranWhenLost ??= this.recording.value;
      },
      failed: () => void this.failed(),
      missed: (missed) => void this.back({ missed }),
      restarted: () => {
        this.live.clear();
        void this.back({ restarted: true });
      },
      unreadable: (error) => this.fail(error),
      status: (status) => this.takeStatus(status),
      traces: (items) => this.arrived(items),
      recordings: (items) => {
        this.recordings.value = items;
      },
    };
  }

  private async connected(): Promise<void> {
    this.connection.value = { state: "connected" };
    if (this.notice.value?.bad) this.notice.value = null;
    const before = this.recordings.value;
    try {
      const [traces, recordings] = await Promise.all([
        this.api.traces(FIRST_TRACES),
        this.api.recordings(),
      ]);
      // What came by the socket meanwhile is newer.
      if (this.recordings.value === before) this.recordings.value = recordings;
      this.arrived(traces);
      this.tellWhetherCutOff(recordings);
    } catch (error) {
      this.fail(error);
    }
  }

  /** The socket was turned down: by a dashboard that lives, or because there is none. */
  private async failed(): Promise<void> {
    const refused = await this.api.status().then(
      () => false,
      (error) => error instanceof ProblemError && [401, 403].includes(error.problem.status),
    );
    // A dashboard that has just started may answer this after the socket, which tried again.
    if (this.connection.value.state === "connected") return;
    this.connection.value = { state: refused ? "refused" : "lost" };
  }

  private tellWhetherCutOff(recordings: readonly RecordingItem[]): void {
    const ran = recordings.find(({ id }) => id === this.ranWhenLost?.id);
    this.ranWhenLost = null;
    if (ran?.state === "interrupted") void this.back({ interrupted: ran });
  }

  /** The dashboard is back: one notice says all that the reader should know of that. */
  private async back(news: News): Promise<void> {
    const all = { ...this.news, ...news };
    this.news = all;
    const text = await (await import("./news")).newsText(all);
    if (this.news === all) this.say(text, { toRecordings: all.interrupted !== undefined });
  }

  private takeStatus(status: StatusItem): void {
    this.status.value = status;
    meetApps(status.apps);
    const problem = status.store.problem;
    if (!status.store.ok && problem !== null) this.complain(() => saidOf(problem));
  }

  private arrived(items: readonly TraceItem[]): void {
    const live = this.live;
    live.update(items);
    const awaited = this.awaited.value;
    if (awaited !== null && items.some((item) => item.id === awaited)) {
      this.awaited.value = null;
      void live.select(awaited);
      return;
    }
    if (live.frozen.value) return;
    if (!live.pinned.value) this.showNewest();
  }

  /** At most every {@link SHOW_MS}: under load the picture must not flicker. */
  private showNewest(): void {
    if (this.showing !== undefined) return;
    this.showNow();
    this.showing = setTimeout(() => {
      this.showing = undefined;
      if (!this.live.pinned.value && !this.live.frozen.value) this.showNow();
    }, SHOW_MS);
  }

  private showNow(): void {
    const newest = this.live.items.value[0];
    if (newest === undefined || newest.id === this.live.trace.value) return;
    // What happens now streams in by itself; only what is older has to be fetched.
    const held = this.live.log.eventsOf(newest.id).length > 0;
    void this.live.select(newest.id, { byHand: false, fetch: !held && newest.complete });
  }

  // --- what the reader does -----------------------------------------------------------------

  /** Sends a request; the trace it causes is selected when it arrives. Throws {@link ProblemError}. */
  async fire(app: string, request: FireRequest): Promise<FireAnswer> {
    const answer = await this.api.fire(app, request);
    this.follow();
    if (this.live.items.value.some((item) => item.id === answer.trace_id)) {
      void this.live.select(answer.trace_id);
    } else this.awaited.value = answer.trace_id;
    return answer;
  }

  /** Fires the first sample that a connected application announced. */
  async fireFirstSample(): Promise<void> {
    const app = this.sampleApp.value;
    const sample = app?.samples[0];
    if (app === null || sample === undefined) return;
    await this.attempt(() => this.fire(app.id, sampleRequest(sample)));
  }

  /** Whose first sample the newcomer sends. */
  readonly sampleApp = computed(() => sampleApps(this.status.value?.apps ?? [])[0] ?? null);

  toggleFreeze(): void {
    if (this.live.frozen.value) this.follow();
    else this.live.frozen.value = true;
  }

  /** Live again: what came meanwhile is shown. */
  private follow(): void {
    const live = this.live;
    live.frozen.value = false;
    live.revision.value++;
    live.relist();
  }

  /** Gives the selection back to whatever is newest. */
  followNewest(): void {
    this.live.deselect();
    this.follow();
    this.showNow();
  }

  async toggleRecording(): Promise<void> {
    // Pressed again before the answer is here: it would ask for the same once more.
    if (this.isToggling) return;
    this.isToggling = true;
    const running = this.recording.value;
    await this.attempt(async () => {
      if (running === null) {
        const started = await this.api.startRecording(defaultName(new Date()));
        this.changeStatus({ recording: started });
      } else {
        const stopped = await this.api.stopRecording(running.id);
        this.changeStatus({ recording: null });
        this.naming.value = stopped;
        await this.refreshRecordings();
      }
    });
    this.isToggling = false;
  }

  async rename(recording: RecordingItem, name: string): Promise<boolean> {
    if (name.trim() === "" || name === recording.name) return true;
    return this.attempt(async () => {
      await this.api.renameRecording(recording.id, name.trim());
      await this.refreshRecordings();
    });
  }

  async refreshRecordings(): Promise<void> {
    this.recordings.value = await this.api.recordings();
  }

  /** Opens a recording on its own screen, or on another; at its beginning unless the reader wants another part. */
  async open(
    recording: string,
    { screen = "recording" as Screen, fromStart = true, prepare = (_: Workspace) => {} } = {},
  ): Promise<void> {
    const isShown = screen === "recording" || screen === "map";
    if (isShown) this.opening.value = recording;
    const { Replay } = await import("./replay").catch((error) => {
      this.opening.value = null;
      throw error;
    });
    // The reader went elsewhere meanwhile.
    if (isShown && this.opening.value !== recording) return;
    let replay = this.opened.value;
    if (replay?.id !== recording) {
      replay?.dispose();
      replay = new Replay(recording, this.api);
      this.opened.value = replay;
    }
    batch(() => {
      this.opening.value = null;
      // On the screens of their own the recording is only looked into.
      if (isShown) this.onRecording.value = true;
      this.screen.value = screen;
    });
    // Before its events are there: what the reader asks for meanwhile is not taken back.
    prepare(replay.workspace);
    if (!replay.ready.value) await replay.load({ fromStart });
  }

  /** Shows the transport bar for the selected request. */
  async startPlayback(): Promise<void> {
    this.playbackAsked = true;
    try {
      const { Replay } = await import("./replay");
      const trace = this.live.trace.value;
      if (!this.playbackAsked || trace === null || this.playback.value !== null) return;
      this.playback.value = Replay.ofTrace(trace, this.api, this.live);
    } finally {
      this.playbackAsked = false;
    }
  }

  endPlayback(): void {
    this.playbackAsked = false;
    this.playback.peek()?.dispose();
    this.playback.value = null;
  }

  togglePlayback(): void {
    if (this.playbackAsked || this.playback.value !== null) this.endPlayback();
    else void this.attempt(() => this.startPlayback());
  }

  /** The map shows what was looked at before, live or a recording. */
  show(screen: Exclude<Screen, "recording">, own = ""): void {
    this.opening.value = null;
    if (screen === "map") {
      this.screen.value = screen;
      return;
    }
    if (screen === "live" || screen === "recordings") this.onRecording.value = false;
    // One that could not be opened is tried again the next time.
    if (this.opened.value?.ready.value === false) {
      this.opened.value.dispose();
      this.opened.value = null;
    }
    this.opened.value?.pause();
    this.playback.value?.pause();
    if (screen === "recordings") void this.attempt(() => this.refreshRecordings());
    batch(() => {
      this.own.value = own;
      this.screen.value = screen;
    });
  }

  /** The timeline of what is looked at on the map. */
  showTimeline(): void {
    this.screen.value = this.onRecording.value ? "recording" : "live";
  }

  /** The first time the selected request is marked, the second time compared with the one selected then. */
  compareSelected(): void {
    const item = this.current.value.selectedItem.value;
    if (item !== null) this.compareWith(item);
  }

  /** Compares *item* with the marked request; without one, or if it is the same, marks it or lets it go. */
  compareWith(item: TraceItem): void {
    const marked = this.marked.value;
    if (marked === null) this.marked.value = item;
    else if (marked.id === item.id) this.marked.value = null;
    else this.compare(marked.id, item.id);
  }

  /** Shows two traces side by side. */
  compare(a: string, b: string): void {
    this.marked.value = null;
    this.show("compare", new URLSearchParams({ a, b }).toString());
  }

  /** Speaks the selected event; for moves that the timeline does not describe itself. */
  announceSelection(): void {
    const workspace = this.current.value;
    const event = workspace.selectedEvent.value;
    if (event === null) return;
    const time = duration(event.t - (workspace.traceStart.value ?? 0));
    const { kind, name } = event;
    const key = event.phase === "end" ? "announce.end" : "announce.begin";
    this.announcement.value = t(key, { kind, name, time });
  }

  /** Tells the reader that something happened. */
  say(text: string, more: Partial<Notice> = {}): void {
    this.notice.value = { text, bad: false, ...more };
    this.announcement.value = text;
  }

  /** Tells the reader that something went wrong. */
  fail(error: unknown): void {
    this.complain(() => problemText(error));
  }

  /** Says *text*, again when its words in the reader's language have come. */
  private complain(text: () => string): void {
    const notice = { text: text(), bad: true };
    this.notice.value = notice;
    if (areProblemTextsLoaded()) return;
    loadProblemTexts().then(
      () => {
        if (this.notice.peek() === notice) this.notice.value = { text: text(), bad: true };
      },
      () => {},
    );
  }

  /** Does *work* and tells what goes wrong; answers whether it went well. */
  async attempt(work: () => Promise<unknown>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      this.fail(error);
      return false;
    }
  }

  private changeStatus(change: Partial<StatusItem>): void {
    const status = this.status.value;
    if (status !== null) this.status.value = { ...status, ...change };
  }
}

function defaultName(now: Date): string {
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  return t("recordings.defaultName", {
    when: `${day} ${two(now.getHours())}:${two(now.getMinutes())}:${two(now.getSeconds())}`,
  });
}
