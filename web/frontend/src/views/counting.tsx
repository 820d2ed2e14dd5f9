/** How far the counting of a whole recording is; where that takes long it can be stopped, and begun again. */
import { t } from "../i18n/translate";
import type { WholeCount } from "../state/whole_count";

interface CountingProps {
  /** Null where all is loaded in the end, and counted then. */
  whole: WholeCount<unknown> | null;
  share: number | null;
}

export function Counting({ whole, share }: CountingProps) {
  return (
    <>
      {share !== null && <progress max={1} value={share} aria-label={t("counting.whole")} />}
      {whole !== null && (
        <button
          type="button"
          class="btn"
          onClick={() => (share === null ? void whole.start() : whole.stop())}
        >
          {t(share === null ? "counting.start" : "counting.stop")}
        </button>
      )}
    </>
  );
}
