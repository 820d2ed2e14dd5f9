/** How far a learner has come: what the page remembers of each lesson. Pure; kept by the state. */

export interface Progress {
  /** It was opened. */
  read?: true;
  /** The choice that was made before firing. */
  predicted?: number;
  /** One of its requests was fired. */
  fired?: true;
}

/** Lesson's id → how far it is. */
export type AllProgress = Readonly<Record<string, Progress>>;

/** What a mark in the list says: fired counts as done. */
export type Stage = "new" | "read" | "done";

export function stageOf(progress: Progress | undefined): Stage {
  if (progress?.fired) return "done";
  return progress?.read || progress?.predicted !== undefined ? "read" : "new";
}

/** It was predicted, and fired: the answer was seen. */
export function isAnswered(progress: Progress | undefined): boolean {
  return progress?.fired === true && progress.predicted !== undefined;
}

/** How many of the lessons with these *ids* are done. */
export function doneOf(all: AllProgress, ids: readonly string[]): number {
  return ids.filter((id) => stageOf(all[id]) === "done").length;
}

/** *all* with one lesson further on. */
export function advanced(all: AllProgress, id: string, step: Progress): AllProgress {
  return { ...all, [id]: { ...all[id], ...step } };
}

/** What was kept; whatever does not look like progress is left out. */
export function parseProgress(text: string | null): AllProgress {
  try {
    const kept: unknown = JSON.parse(text ?? "{}");
    if (!isRecord(kept)) return {};
    return Object.fromEntries(
      Object.entries(kept)
        .filter(([, one]) => isRecord(one))
        .map(([id, one]) => [id, cleaned(one as Record<string, unknown>)]),
    );
  } catch {
    return {};
  }
}

function cleaned({ read, predicted, fired }: Record<string, unknown>): Progress {
  return {
    ...(read === true ? { read } : {}),
    ...(Number.isInteger(predicted) ? { predicted: predicted as number } : {}),
    ...(fired === true ? { fired } : {}),
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
