/** What the dashboard's HTTP and Socket.IO answers hold: docs/wire.md, written as types. */

/** Sent whole inside an application item; one click fires it. */
export interface Sample {
  lesson: string;
  title: string;
  text: string;
  method: string;
  path: string;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  body?: string;
  form?: Record<string, string>;
  json?: unknown;
  cookie_jar?: string;
}

export interface ApplicationItem {
  id: string;
  /** What events carry as `app`. */
  name: string;
  framework: string;
  version: string;
  pid: number;
  base_url: string | null;
  connected: boolean;
  /** Nanoseconds since the epoch, null while connected. */
  gone_since: number | null;
  agent: string;
  host: string;
  python: string;
  command: string;
  allow_methods: string[];
  samples: Sample[];
}

export interface RouteItem {
  rule: string;
  methods: string[];
  endpoint: string;
  arguments: string[];
  defaults: Record<string, unknown> | null;
  file: string | null;
  line: number | null;
  /** Installed package of the view; null for the user's own, and of an older tracer. */
  registered_by?: string | null;
}

/** What one process announced as registered in one application. */
export interface RegisteredItem {
  app: string;
  agent: string;
  /** Of Flask. */
  version: string | null;
  routes: RouteItem[];
  registry: RegistrationItem[];
}

export interface RegistrationItem {
  kind: string;
  name: string;
  scope?: string | null;
  order?: number | null;
  file?: string | null;
  line?: number | null;
  registered_by?: string | null;
  registered_for?: string | null;
}

export interface TraceCounts {
  hooks?: number;
  queries?: number;
  templates?: number;
  signals?: number;
  contexts?: number;
  flashes?: number;
}

export interface TraceItem {
  id: string;
  name: string;
  kind: string;
  app: string | null;
  apps: string[];
  method: string | null;
  path: string | null;
  status: number | null;
  /** Nanoseconds since the epoch; as a JavaScript number exact to a few hundred. */
  start_ts: number;
  /** Nanoseconds, null while it runs. */
  duration: number | null;
  events: number;
  complete: boolean;
  truncated: boolean;
  error: string | null;
  short_circuit: string | null;
  endpoint: string | null;
  counts: TraceCounts;
  pid: number | null;
  thread: string | null;
}

export interface RecordingItem {
  id: string;
  name: string;
  state: string;
  problem: string | null;
  started: number;
  stopped: number | null;
  events: number;
  traces: number;
  bytes: number;
  origin: string;
  start_ts: number | null;
  end_ts: number | null;
}

/** A recording that came from a file. */
export interface ImportedItem extends RecordingItem {
  /** What of the file a recording has no word for, and how often. */
  left_out?: Record<string, number>;
}

export interface SourceItem {
  id: string;
  file: string;
  line: number;
  name: string;
  text: string;
  /** Lines of `[class, text]`, Pygments' short class names. */
  tokens: [string, string][][];
}

export interface StatusItem {
  apps: ApplicationItem[];
  /** Processes that were there before the dashboard was started anew, and may be there still. */
  awaited: number[];
  recording: RecordingItem | null;
  store: { ok: boolean; problem: string | null };
  dropped: Record<string, number>;
  /** Events a second. */
  rate: number;
  newest_seq: number;
}

export interface SettingsItem {
  ignored_paths: string[];
  /** Bytes. */
  size_cap: number;
}

export interface FireRequest {
  method: string;
  path: string;
  query?: Record<string, string | string[]>;
  headers?: Record<string, string>;
  body?: string;
  form?: Record<string, string>;
  json?: unknown;
  cookie_jar?: string;
}

export interface FireAnswer {
  trace_id: string;
  status: number;
  headers: Record<string, string | string[]> | [string, string][];
  body: string;
  truncated?: boolean;
  duration_ms?: number;
  /** Names of the cookies in the jar afterwards. */
  cookies?: string[];
}

/** The same words in the languages of the page. */
export interface LessonText {
  en: string;
  zh: string;
}

/** A lesson in the list of all. */
export interface LessonName {
  id: string;
  slug: string;
  section: number;
  section_title: LessonText;
  title: LessonText;
  /** Its place among those that teach the lifecycle in an hour, from 1; null: not one of them. */
  hour: number | null;
}

export interface LessonRequest extends FireRequest {
  label: LessonText;
  /** End of the base URL of the application that gets it. */
  mount: string;
}

/** What a lesson's text claims of one of its requests. */
export interface LessonPoint extends LessonText {
  request: number;
  steps: string[];
  never: string[];
}

export interface LessonItem extends LessonName {
  question: LessonText;
  watch: LessonText;
  mistake: LessonText;
  then: LessonText | null;
  now: LessonText | null;
  script: boolean;
  /** Its threads run at once: they have no order among one another. */
  apart: boolean;
  /** Functions of a lesson about other systems than Flask, each a process of its own. */
  systems: string[];
  requests: LessonRequest[];
  points: LessonPoint[];
  /** `answer` and `point` are places in `choices` and in the lesson's points. */
  prediction: { choices: LessonText[]; answer: number; point: number } | null;
  /** The expected order of each request. */
  pictures: string[];
  file: string;
  code: string;
  tokens: SourceItem["tokens"];
}

/** What a lesson's requests did when its pictures were taken. */
export interface LessonRecording {
  /** Nanoseconds since the epoch. */
  recorded: number;
  /** Of the recording, once it is kept among the others. */
  name: string;
  flask: string;
  python: string;
  /** One for each of the lesson's: `events` of the recording, in their order, are its own. */
  requests: { trace: string; events: number; status: number; answer: string }[];
  traces: TraceItem[];
  registered: RegisteredItem[];
}

/** What an application has to add to send here. */
export interface SnippetItem {
  url: string;
  key: string;
  python: string;
  environment: string;
}

/** RFC 9457, with what was asked, what was found, what to do. */
export interface Problem {
  type?: string;
  title: string;
  status: number;
  detail?: string | undefined;
  asked?: string;
  found?: string;
  todo?: string;
  /** What stands for the `{names}` in the texts of its type. */
  values?: Readonly<Record<string, string>>;
}
