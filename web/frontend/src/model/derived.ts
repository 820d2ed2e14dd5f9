/** What is derived from a log, made once and shared by all who look at it. */
import type { EventLog } from "./log";

interface Kept {
  /** Takes in what the log got since the last call; cheap when nothing changed. */
  update(): void;
  /** Belongs to `log` from now on, which holds what its own log held. */
  moveTo(log: EventLog): void;
}

/** Finds a log's own one, brought up to date; it goes along when its log takes the place of another. */
export function derived<T extends Kept>(make: (log: EventLog) => T): (log: EventLog) => T {
  const known = new WeakMap<EventLog, T>();
  return (log) => {
    let own = known.get(log);
    if (own === undefined) {
      own = make(log);
      known.set(log, own);
      log.onAdoption((other) => {
        const built = known.get(other);
        if (built === undefined) return;
        built.moveTo(log);
        known.set(log, built);
      });
    }
    own.update();
    return own;
  };
}
