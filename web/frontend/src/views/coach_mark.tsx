/** The one hint that a newcomer gets. */
import { t } from "../i18n/translate";
import { usePage } from "./context";

/** Shown once, over the first timeline. */
export function CoachMark() {
  const { coachSeen } = usePage().preferences;
  if (coachSeen.value) return null;
  return (
    <div class="coach" role="note">
      <span>{t("coach.text")}</span>
      <button
        type="button"
        class="btn small"
        onClick={() => {
          coachSeen.value = true;
        }}
      >
        {t("coach.done")}
      </button>
    </div>
  );
}
