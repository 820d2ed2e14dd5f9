/** What the dashboard answers about lessons; apart from the rest, because only Learn asks. */
import type { Api } from "./api";
import type { LessonItem, LessonName, LessonRecording, RecordingItem, TraceItem } from "./items";

const of = (lesson: string) => `api/lessons/${encodeURIComponent(lesson)}`;

export const lessonNames = (api: Api) => api.items<LessonName>("api/lessons");

export const readLesson = (api: Api, lesson: string) => api.json<LessonItem>(of(lesson));

export const lessonRecording = (api: Api, lesson: string) =>
  api.json<LessonRecording>(`${of(lesson)}/recording`);

export const lessonEvents = (api: Api, lesson: string) =>
  api.binary(`${of(lesson)}/recording/events.bin`);

/** Puts what comes along with the lesson among the recordings, unless it is there. */
export const keepLesson = (api: Api, lesson: string) =>
  api.json<RecordingItem>(`${of(lesson)}/recording`, { method: "POST" });

/** The newest traces of an address; a `*` in it would stand for anything. */
export const tracesAt = (api: Api, path: string) =>
  api.items<TraceItem>(`api/traces?limit=10&path=${encodeURIComponent(path)}`);
