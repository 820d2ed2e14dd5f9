/** What decided a request's way: gathered once, asked by every step that was not taken. */
import type { Happening, Pass } from "./pass";
import type { Step } from "./table";

export interface Routing {
  event: number;
  error: string;
  /** Target of a redirect of the routing. */
  redirect: string | null;
}

export class Facts {
  /** The function that answered instead of the view. */
  readonly intercept: Happening | null;
  /** What an exception left, in order: hooks, the view, the session, signals. */
  readonly raisers: readonly Happening[];
  readonly viewRaiser: Happening | null;
  readonly teardownRaiser: Happening | null;
  /** The first exception that reached Flask. */
  readonly exception: Happening | null;
  /** Class of the exception that left the application. */
  readonly propagated: string | null;
  /** The session that cannot be written, made where none was opened. */
  readonly noSession: Happening | null;
  readonly match: Happening | null;
  readonly routing: Routing | null;
  /** Null when no rule fitted, or when there was no routing. */
  readonly endpoint: string | null;
  readonly method: string;
  /** Place of the furthest step that was begun. */
  readonly reached: number;

  private readonly taken = new Set<string>();

  constructor(
    readonly pass: Pass,
    readonly steps: readonly Step[],
  ) {
    const { happenings } = pass;
    for (const { event } of happenings) this.taken.add(event.kind);
    this.intercept = happenings.find((one) => one.attributes.short_circuit === true) ?? null;
    this.raisers = happenings.filter(
      (one) =>
        one.attributes.left_by !== undefined &&
        !AROUND.test(one.event.kind) &&
        this.placeOf(one) >= 0,
    );
    this.viewRaiser = this.raisers.find(({ event }) => event.kind === "view") ?? null;
    this.teardownRaiser =
      this.raisers.find(({ event }) => event.kind.startsWith("teardown")) ?? null;
    this.exception = happenings.find(({ event }) => event.kind === "exception") ?? null;
    this.noSession = happenings.find(({ event }) => event.kind === "session.null") ?? null;
    const left = pass.flask?.attributes.left_by;
    // An exception of a teardown function leaves the application as well, after its answer.
    this.propagated = typeof left === "string" && !this.taken.has("start_response") ? left : null;
    const match = happenings.find(({ event }) => event.kind === "url_match") ?? null;
    this.match = match;
    this.routing = match === null ? null : routingOf(match);
    const endpoint = match?.attributes.endpoint;
    this.endpoint = typeof endpoint === "string" ? endpoint : null;
    this.method = String(pass.root.attributes.method ?? "");
    this.reached = Math.max(...happenings.map((one) => this.placeOf(one)));
  }

  took(kind: string): boolean {
    return this.taken.has(kind);
  }

  indexOf(step: Step): number {
    return this.steps.indexOf(step);
  }

  /** Place of the step with this id. */
  indexOfId(id: string): number {
    return this.steps.findIndex((step) => step.id === id);
  }

  /** Place of the step that something is, -1 when it is none. */
  placeOf({ event }: Happening): number {
    return this.steps.findIndex((step) => isOf(step, event));
  }
}

/** Whether an event is one of a step. */
export function isOf(step: Step, event: { kind: string; name: string }): boolean {
  return step.kinds.includes(event.kind) && (step.name === null || step.name === event.name);
}

/** An exception that leaves a step leaves these as well. */
const AROUND = /^(request|middleware|wsgi_app|response\..*)$/;

function routingOf({ event, attributes }: Happening): Routing | null {
  const { exception, redirect } = attributes;
  if (typeof exception !== "string") return null;
  return {
    event: event.index,
    error: exception,
    redirect: typeof redirect === "string" ? redirect : null,
  };
}
