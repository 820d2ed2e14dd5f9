/** What will happen? Chosen before firing, answered afterwards. */
import { t } from "../i18n/translate";
import type { LessonItem, LessonPoint } from "../transport/items";
import { usePage } from "./context";
import { Said, say } from "./learn_link";
import { Key } from "./marks";

interface PredictionProps {
  lesson: LessonItem;
  prediction: NonNullable<LessonItem["prediction"]>;
  chosen: number | null;
  /** The answer may be shown. */
  revealed: boolean;
  choose: (choice: number) => void;
}

export function LessonPrediction(props: PredictionProps) {
  const { lesson, prediction, chosen, revealed, choose } = props;
  const keys = usePage().preferences.singleKeys.value;
  const { choices, answer } = prediction;
  return (
    <fieldset class="prediction">
      <legend>{t("learn.predict")}</legend>
      {choices.map((choice, i) => (
        <label
          key={choice.en}
          class={`choice ${revealed && i === answer ? "right" : ""} ${i === chosen ? "mine" : ""}`}
        >
          <input
            type="radio"
            name={`prediction-${lesson.id}`}
            checked={i === chosen}
            // What was chosen before it was answered stays chosen.
            aria-disabled={revealed}
            onClick={(event) => {
              if (revealed) event.preventDefault();
              else choose(i);
            }}
          />
          <span>
            <Said text={choice} />
          </span>
          <span class="mark">
            {!revealed && keys && <Key name={String(i + 1)} />}
            {revealed && i === chosen && <span class="t3">{t("learn.yours")}</span>}
            {revealed && i === answer && <b class="ok">{t("learn.right")}</b>}
          </span>
        </label>
      ))}
      {revealed && <Because {...props} />}
    </fieldset>
  );
}

function Because({ lesson, prediction, chosen }: PredictionProps) {
  const point = lesson.points[prediction.point] as LessonPoint;
  const verdict =
    chosen === null
      ? "learn.wasNothing"
      : chosen === prediction.answer
        ? "learn.wasRight"
        : "learn.wasWrong";
  return (
    <p class="because" role="status">
      <b class="strong">{t(verdict)}</b>{" "}
      {t("learn.because", { n: prediction.point + 1, text: say(point) })}
    </p>
  );
}
