/** A page for tests: the real state over answers that a test gives, and the invented recording. */
import { readFileSync } from "node:fs";
import { Page } from "../state/page";
import { createPreferences } from "../state/preferences";
import { createApi } from "../transport/api";
import type { ApplicationItem, RecordingItem, StatusItem, TraceItem } from "../transport/items";

/** Traces of `demo-data/invented.bin`, as it documents itself. */
export const CART = "c".repeat(32);
export const CHECKOUT = "d".repeat(32);

export function inventedFrame(): ArrayBuffer {
  const file = readFileSync("demo-data/invented.bin");
  return file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength) as ArrayBuffer;
}

/** `METHOD /path` → what the dashboard answers; a function gets the request's parsed body. */
export type Answers = Record<string, unknown | ((body: unknown) => unknown)>;

export interface Asked {
  request: string;
  body: unknown;
}

/** A page whose every request is answered from *answers*, and what it asked for. */
export function pageWith(answers: Answers = {}): { page: Page; asked: Asked[] } {
  const asked: Asked[] = [];
  const fetcher = async (input: RequestInfo | URL, init: RequestInit = {}) => {
    const request = `${init.method ?? "GET"} ${String(input)}`;
    const body: unknown = init.body ? JSON.parse(String(init.body)) : undefined;
    asked.push({ request, body });
    const known = request in answers ? answers[request] : DEFAULTS[request];
    return asResponse(typeof known === "function" ? known(body) : known);
  };
  localStorage.clear();
  const page = new Page(createApi("/", fetcher as typeof fetch), createPreferences());
  return { page, asked };
}

const DEFAULTS: Answers = {
  "GET /api/recordings": { items: [] },
  "GET /api/traces?limit=500": { items: [] },
  "GET /api/settings": { ignored_paths: ["/static/*"], size_cap: 500_000_000 },
  "GET /api/snippet": {
    url: "http://127.0.0.1:5000",
    key: "abc",
    python: 'Tracer(app, dashboard="http://127.0.0.1:5000", token="abc")\n',
    environment: "FLASKSCOPE_DASHBOARD=http://127.0.0.1:5000\n",
  },
};

function asResponse(answer: unknown): Response {
  if (answer instanceof Response) return answer;
  if (answer instanceof ArrayBuffer) return new Response(answer);
  if (answer === undefined) return problem(404, "Not found", "Nothing is stored under this name.");
  return Response.json(answer);
}

export function problem(status: number, title: string, detail: string, todo?: string): Response {
  return new Response(JSON.stringify({ title, status, detail, todo }), {
    status,
    headers: { "Content-Type": "application/problem+json" },
  });
}

export function traceItem(change: Partial<TraceItem> = {}): TraceItem {
  return {
    id: CART,
    name: "GET /shop/cart/7",
    kind: "request",
    app: "shop",
    apps: ["shop", "billing"],
    method: "GET",
    path: "/shop/cart/7",
    status: 200,
    start_ts: 1.79e18,
    duration: 18_400_000,
    events: 67,
    complete: true,
    truncated: false,
    error: null,
    short_circuit: null,
    endpoint: "shop.cart",
    counts: {},
    pid: 4711,
    thread: "MainThread",
    ...change,
  };
}

export function application(change: Partial<ApplicationItem> = {}): ApplicationItem {
  return {
    id: "app-1",
    name: "shop",
    framework: "flask",
    version: "3.1.3",
    pid: 4711,
    base_url: "http://127.0.0.1:5100/shop",
    connected: true,
    gone_since: null,
    agent: "a".repeat(32),
    host: "box",
    python: "3.11.7",
    command: "flask run",
    allow_methods: ["GET", "HEAD", "POST"],
    samples: [],
    ...change,
  };
}

export function recordingItem(change: Partial<RecordingItem> = {}): RecordingItem {
  return {
    id: "rec-1",
    name: "login bug",
    state: "stopped",
    problem: null,
    started: 1.79e18,
    stopped: 1.79e18 + 1e9,
    events: 121,
    traces: 4,
    bytes: 41_234,
    origin: "live",
    start_ts: 1.79e18,
    end_ts: 1.79e18 + 1e9,
    ...change,
  };
}

export function statusItem(change: Partial<StatusItem> = {}): StatusItem {
  return {
    apps: [application()],
    awaited: [],
    recording: null,
    store: { ok: true, problem: null },
    dropped: {},
    rate: 12,
    newest_seq: 0,
    ...change,
  };
}
