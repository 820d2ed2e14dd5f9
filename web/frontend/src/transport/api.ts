/** The dashboard's HTTP interface: one function per thing the page asks for. Errors are {@link ProblemError}. */
import type {
  FireAnswer,
  FireRequest,
  ImportedItem,
  Problem,
  RecordingItem,
  RegisteredItem,
  RouteItem,
  SettingsItem,
  SnippetItem,
  SourceItem,
  StatusItem,
  TraceItem,
} from "./items";

/** Carries the server's problem details; `message` is a sentence to show. */
export class ProblemError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail || problem.title);
    this.name = "ProblemError";
    this.problem = problem;
  }

  /** True when no answer came at all. */
  get unreachable(): boolean {
    return this.problem.status === 0;
  }
}

export type ExportFormat = "html" | "chrome" | "otlp" | "jsonl";
/** What there are files of. */
export type Exported = "recordings" | "traces";

export type Api = ReturnType<typeof createApi>;

/** *base* stands before every path and ends in a slash. */
export function createApi(base = "/", fetcher: typeof fetch = (...a) => fetch(...a)) {
  const send = (path: string, init: RequestInit = {}) => answered(fetcher(base + path, init));
  const json = async <T>(path: string, init?: RequestInit): Promise<T> =>
    (await (await send(path, init)).json()) as T;
  const items = async <T>(path: string): Promise<T[]> => (await json<{ items: T[] }>(path)).items;
  const binary = async (path: string) => (await send(path)).arrayBuffer();
  const id = encodeURIComponent;
  const partOf = (recording: string, what: string) => `api/recordings/${id(recording)}/${what}`;

  return {
    status: () => json<StatusItem>("api/status"),
    registered: () => items<RegisteredItem>("api/apps/registry"),
    routes: (app: string) => items<RouteItem>(`api/apps/${id(app)}/routes`),
    fire: (app: string, request: FireRequest, signal?: AbortSignal) =>
      json<FireAnswer>(`api/apps/${id(app)}/fire`, {
        ...body("POST", request),
        ...(signal ? { signal } : {}),
      }),
    forgetCookies: (jar: string) => send(`api/cookie_jars/${id(jar)}`, { method: "DELETE" }),

    traces: (limit: number) => items<TraceItem>(`api/traces?limit=${limit}`),
    trace: (trace: string) => json<TraceItem>(`api/traces/${id(trace)}`),
    traceEvents: (trace: string) => binary(`api/traces/${id(trace)}/events.bin`),
    clearTraces: () => send("api/traces", { method: "DELETE" }),
    events: (afterSeq: number, toSeq: number) =>
      binary(`api/events.bin?after_seq=${afterSeq}&to_seq=${toSeq}`),
    source: (source: string) => json<SourceItem>(`api/sources/${id(source)}`),

    recordings: () => items<RecordingItem>("api/recordings"),
    recording: (recording: string) => json<RecordingItem>(`api/recordings/${id(recording)}`),
    startRecording: (name: string) => json<RecordingItem>("api/recordings", body("POST", { name })),
    stopRecording: (recording: string) =>
      json<RecordingItem>(`api/recordings/${id(recording)}/stop`, { method: "POST" }),
    renameRecording: (recording: string, name: string) =>
      json<RecordingItem>(`api/recordings/${id(recording)}`, body("PATCH", { name })),
    deleteRecording: (recording: string) =>
      send(`api/recordings/${id(recording)}`, { method: "DELETE" }),
    /** What of it there is in the dashboard under *what*: `events.bin`, `outline`. */
    recordingPart: (recording: string, what: string, signal: AbortSignal) =>
      send(partOf(recording, what), { signal }),
    /** Where that is found, for a Worker. */
    recordingAddress: (recording: string, what: string) =>
      new URL(base + partOf(recording, what), document.baseURI).href,
    recordingTraces: (recording: string, limit: number) =>
      items<TraceItem>(`api/recordings/${id(recording)}/traces?limit=${limit}`),
    recordingRegistered: (recording: string) =>
      items<RegisteredItem>(`api/recordings/${id(recording)}/registry`),
    exportAddress: (recording: string) =>
      `${base}api/recordings/${id(recording)}/export?format=jsonl`,
    /** The file in pieces; *arrived* is told how many bytes of it have come. */
    download: async (
      what: Exported,
      of: string,
      format: ExportFormat,
      arrived: (bytes: number) => void,
      signal: AbortSignal,
    ) => {
      const path = `api/${what}/${id(of)}/export?format=${format}`;
      return received(await send(path, { signal }), arrived);
    },
    importRecording: (file: Blob, onProgress: (share: number) => void) =>
      upload(`${base}api/recordings/import`, file, onProgress),

    /** For parts of the page that come later and ask for what is their own. */
    json,
    items,
    binary,

    settings: () => json<SettingsItem>("api/settings"),
    changeSettings: (change: Partial<SettingsItem>) =>
      json<SettingsItem>("api/settings", body("PATCH", change)),
    snippet: () => json<SnippetItem>("api/snippet"),
  };
}

function body(method: string, value: unknown): RequestInit {
  return {
    method,
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(value),
  };
}

async function answered(pending: Promise<Response>): Promise<Response> {
  let response: Response;
  try {
    response = await pending;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw unreachable();
  }
  if (response.ok) return response;
  throw new ProblemError(await readProblem(response));
}

async function readProblem(response: Response): Promise<Problem> {
  return parseProblem(await response.text(), response.status, response.statusText);
}

function parseProblem(text: string, status: number, title: string): Problem {
  try {
    const problem = JSON.parse(text) as Partial<Problem>;
    return { ...problem, status, title: problem.title ?? (title || `HTTP ${status}`) };
  } catch {
    // Not ours (a proxy's page, say): the status line is all that is worth showing.
    return { status, title: `HTTP ${status} ${title}`.trim() };
  }
}

function unreachable(): ProblemError {
  const type = "/problems/unreachable";
  return new ProblemError({ type, status: 0, title: "The dashboard does not answer." });
}

async function received(response: Response, arrived: (bytes: number) => void): Promise<File> {
  const parts: BlobPart[] = [];
  let size = 0;
  const reader = response.body?.getReader();
  try {
    for (let read = await reader?.read(); read && !read.done; read = await reader?.read()) {
      parts.push(read.value);
      size += read.value.length;
      arrived(size);
    }
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw unreachable(); // half a file is none
  }
  const named = /filename="([^"]+)"/.exec(response.headers.get("Content-Disposition") ?? "");
  const type = response.headers.get("Content-Type") ?? "";
  return new File(parts, named?.[1] ?? "recording", { type });
}

/** By XMLHttpRequest, because fetch does not say how much of a body has left. */
function upload(
  address: string,
  file: Blob,
  onProgress: (share: number) => void,
): Promise<ImportedItem> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", address);
    request.setRequestHeader("Content-Type", "application/x-ndjson");
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) onProgress(event.loaded / event.total);
    };
    request.onerror = () => reject(unreachable());
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) {
        resolve(JSON.parse(request.responseText) as ImportedItem);
      } else {
        reject(
          new ProblemError(parseProblem(request.responseText, request.status, request.statusText)),
        );
      }
    };
    request.send(file);
  });
}
