/** From a lesson to the screens where its requests are looked at with everything that there is. */
import { type Place, START, writePlace } from "../state/location";
import type { Page } from "../state/page";
import type { LessonItem } from "../transport/items";
import { keepLesson } from "../transport/lessons";
import type { Picture } from "./learn_pictures";

/**
 * Shows the run of *picture* with the event of that index in its log, if there is one. What comes
 * along with the lesson is put among the recordings first.
 */
export async function openRun(
  page: Page,
  lesson: LessonItem,
  picture: Picture,
  index: number | null,
): Promise<void> {
  const event = index === null ? undefined : picture.log.event(index);
  const trace = event?.traceId ?? picture.trace;
  try {
    if (picture.recorded?.origin === "shipped") {
      // Of a script that made no event in its own trace, the recording is shown from its start.
      const own = picture.traces.includes(trace) ? trace : null;
      await openKept(page, lesson, own, event?.seq ?? null);
    } else {
      // Before the screen changes: together they are one step of the history.
      await page.live.select(trace);
      const same = picture.log === page.live.log;
      const found = same ? index : event && page.live.indexOfSeq(trace, event.seq);
      if (found != null) page.live.selectEvent(found);
      page.show("live");
      page.announceSelection();
    }
  } catch (error) {
    page.fail(error);
  }
}

async function openKept(
  page: Page,
  lesson: LessonItem,
  trace: string | null,
  seq: number | null,
): Promise<void> {
  const { id: recording } = await keepLesson(page.api, lesson.id);
  // By its address, so that request and event come with the screen, as one step of the history.
  const place: Place = { ...START, screen: "recording", recording, trace, event: seq };
  history.pushState(null, "", writePlace(place));
  dispatchEvent(new PopStateEvent("popstate"));
}
