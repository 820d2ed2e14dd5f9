/** The dashboard's HTTP interface: one function per thing the page asks for. Errors are {@link ProblemError}. */
import type {
  FireAnswer,
  FireRequest,
  Problem,
  RecordingItem,
  RegisteredItem,
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
    fire: (app: string, request: FireRequest, signal?: AbortSignal) =>
      json<FireAnswer>(`api/apps/${id(app)}/fire`, {
        ...body("POST", request),
        ...(signal ? { signal } : {}),
      }),

    traces: (limit: number) => items<TraceItem>(`api/traces?limit=${limit}`),
    trace: (trace: string) => json<TraceItem>(`api/traces/${id(trace)}`),
    traceEvents: (trace: string) => binary(`api/traces/${id(trace)}/events.bin`),
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

    /** For parts of the page that come later and ask for what is their own. */
    base,
    send,
    json,
    items,
    binary,
  };
}

export function body(method: string, value: unknown): RequestInit {
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

export function parseProblem(text: string, status: number, title: string): Problem {
  try {
    const problem = JSON.parse(text) as Partial<Problem>;
    return { ...problem, status, title: problem.title ?? (title || `HTTP ${status}`) };
  } catch {
    // Not ours (a proxy's page, say): the status line is all that is worth showing.
    return { status, title: `HTTP ${status} ${title}`.trim() };
  }
}

export function unreachable(): ProblemError {
  const type = "/problems/unreachable";
  return new ProblemError({ type, status: 0, title: "The dashboard does not answer." });
}
