/** Plays an opened recording: the cursor goes through its events, everything else goes along. */

import { effect } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { duration, moment } from "../i18n/format";
import { number, t } from "../i18n/translate";
import { SPEEDS } from "../state/location";
import { saidOf } from "../state/problems";
import type { Replay } from "../state/replay";
import { Foreign } from "./marks";

export function TransportBar({ replay }: { replay: Replay }) {
  const { playing, position, speed } = replay;
  const last = replay.order.value.length - 1;
  const recording = replay.recording.value;

  useEffect(
    () =>
      effect(() => {
        const index = replay.workspace.event.value;
        if (index !== null) replay.followSelection(index);
      }),
    [replay],
  );

  const at = {
    time: duration(replay.elapsed.value),
    length: duration(replay.length.value),
    event: number(position.value + 1),
  };
  const place = replay.ready.value
    ? replay.large.value === null
      ? t("transport.position", { ...at, events: number(last + 1) })
      : t("transport.part", {
          ...at,
          held: number(last + 1),
          events: number(recording?.events ?? 0),
        })
    : t("transport.loading", { share: Math.round(replay.loaded.value * 100) });
  return (
    <>
      {recording?.problem && <div class="transport bad">✕ {saidOf(recording.problem)}</div>}
      <section class="transport" aria-label={t("transport.label")}>
        {recording && (
          <span class="strong ellipsis">
            <Foreign text={recording.name} />
            <span class="t3 regular"> {moment(recording.started)}</span>
          </span>
        )}
        <button
          type="button"
          class="btn icon"
          aria-label={t("transport.back")}
          title={t("transport.back")}
          onClick={() => replay.step(-1)}
        >
          <Icon path="M4 3v10M13 3L6 8l7 5z" />
        </button>
        <button
          type="button"
          class="btn icon"
          aria-label={t(playing.value ? "transport.pause" : "transport.play")}
          title={t(playing.value ? "transport.pause" : "transport.play")}
          onClick={() => replay.toggle()}
        >
          <Icon path={playing.value ? "M5 3v10M11 3v10" : "M4 3l9 5-9 5z"} />
        </button>
        <button
          type="button"
          class="btn icon"
          aria-label={t("transport.forward")}
          title={t("transport.forward")}
          onClick={() => replay.step(1)}
        >
          <Icon path="M12 3v10M3 3l7 5-7 5z" />
        </button>
        <input
          type="range"
          min={0}
          max={Math.max(last, 0)}
          value={position.value}
          aria-label={t("transport.slider")}
          aria-valuetext={place}
          onInput={(event) => {
            replay.pause();
            replay.seek(Number(event.currentTarget.value));
          }}
        />
        <span class="t2 num" data-testid="position">
          {place}
        </span>
        <label class="row">
          <span class="t2">{t("transport.speed")}</span>
          <select
            class="input"
            value={speed.value}
            onChange={(event) => {
              speed.value = Number(event.currentTarget.value);
            }}
          >
            {SPEEDS.map((share) => (
              <option key={share} value={share}>
                {t("transport.times", { share: String(share) })}
              </option>
            ))}
          </select>
        </label>
      </section>
    </>
  );
}

function Icon({ path }: { path: string }) {
  return (
    <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">
      <path
        d={path}
        fill="currentColor"
        stroke="currentColor"
        stroke-width="2"
        stroke-linejoin="round"
        stroke-linecap="round"
      />
    </svg>
  );
}
