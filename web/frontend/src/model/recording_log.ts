/** The log of a recording: another one may take its place while it is looked at. */
import { EventLog, isThread } from "./log";

/**
 * Numbers of events that a successor has for itself, and how many successors until they are used
 * again: none of what was selected or drawn before may be taken for something else.
 */
const NUMBERS = 1 << 24;
const SERIES = 250;
let series = 0;

export class RecordingLog extends EventLog {
  constructor() {
    // Nothing may leave by itself.
    super({ maxEvents: Number.MAX_SAFE_INTEGER });
  }

  /**
   * An empty log that may take this one's place: its zero, its lanes and applications are the same,
   * and its events have numbers that none has here.
   */
  successor(): RecordingLog {
    const next = new RecordingLog();
    next.epoch = this.epoch;
    next.lanes = this.lanes.map((lane) => ({ ...lane }));
    next.laneNumbers = new Map(this.laneNumbers);
    next.agents = new Map(this.agents);
    series = (series % SERIES) + 1;
    next.nextIndex = series * NUMBERS;
    return next;
  }

  /**
   * Holds what `other` held, a successor of this log that nobody else looks at, in place of what was
   * here. Nothing is read or counted anew.
   */
  adopt(other: RecordingLog): void {
    const { pinned, listeners, followers, generation, version } = this;
    const before: EventLog = Object.assign(Object.create(EventLog.prototype), this);
    Object.assign(this, other, { pinned, listeners, followers });
    this.generation = generation + 1;
    this.version = version + 1;
    const renumber = (index: number) => {
      const event = before.event(index);
      return event === undefined ? null : this.indexOf(event.agent, event.seq);
    };
    for (const follow of followers) follow(other, renumber);
    for (const listener of [...listeners]) listener();
  }

  /** The lane of a thread of which no event needs to be here; its own ones will stand in it. */
  laneOf(pid: number, threadName: string): number {
    const known = this.lanes.find(
      (lane) => lane.pid === pid && lane.threadName === threadName && isThread(lane),
    );
    return known?.id ?? this.addLane("", [pid, 0, threadName, null, null]);
  }
}
