/** What stands around the screens: banner, notice, foot, and the region that speaks. */
import { Fragment } from "preact";
import { type MessageKey, number, t } from "../i18n/translate";
import { usePage } from "./context";

/** The connection is away, or something has to be said. */
export function Banner() {
  const page = usePage();
  const { state } = page.connection.value;
  const notice = page.notice.value;
  return (
    <>
      {state === "lost" && (
        <div class="banner bad-news" role="alert">
          <span class="busy">{t("banner.lost")}</span>
        </div>
      )}
      {state === "refused" && (
        <div class="banner bad-news" role="alert">
          {t("banner.refused")}
        </div>
      )}
      {notice !== null && (
        <div
          class={`banner ${notice.bad ? "bad-news" : ""}`}
          role={notice.bad ? "alert" : "status"}
        >
          <span class="grow">
            {notice.bad && "✕ "}
            {notice.text}
          </span>
          {notice.toRecordings && (
            <button
              type="button"
              class="btn small"
              onClick={() => {
                page.notice.value = null;
                page.show("recordings");
              }}
            >
              {t("recordings.toList")}
            </button>
          )}
          <button
            type="button"
            class="btn quiet small"
            onClick={() => {
              page.notice.value = null;
            }}
          >
            {t("dismiss")}
          </button>
        </div>
      )}
    </>
  );
}

const FOOT_KEYS: readonly { keys: readonly string[]; text: MessageKey }[] = [
  { keys: ["W", "S"], text: "foot.zoom" },
  { keys: ["A", "D"], text: "foot.pan" },
  { keys: [",", "."], text: "foot.step" },
  { keys: ["F"], text: "foot.fit" },
  { keys: ["[", "]"], text: "foot.follow" },
  { keys: ["X"], text: "foot.scale" },
  { keys: ["T"], text: "foot.table" },
];

export function Foot() {
  return (
    <footer class="foot">
      <FootKeys />
      <span class="grow" />
      <Rate />
    </footer>
  );
}

export function FootKeys() {
  const page = usePage();
  const screen = page.screen.value;
  const showKeys =
    ["live", "recording", "map"].includes(screen) && page.preferences.singleKeys.value;
  return (
    showKeys &&
    FOOT_KEYS.filter(({ text }) => screen !== "map" || text === "foot.step").map(
      ({ keys, text }) => (
        <span key={text}>
          {keys.map((key) => (
            <Fragment key={key}>
              <kbd>{key}</kbd>{" "}
            </Fragment>
          ))}
          {t(text)}
        </span>
      ),
    )
  );
}

function Rate() {
  const page = usePage();
  const status = page.status.value;
  if (status === null) return null;
  const dropped = Object.entries(status.dropped).filter(([, count]) => count > 0);
  const lost = dropped.reduce((sum, [, count]) => sum + count, 0);
  const reasons = dropped.map(([reason, count]) => `${reason}: ${number(count)}`).join(", ");
  const frozen = page.live.frozen.value;
  return (
    <span title={reasons} data-testid="rate">
      {frozen ? t("foot.frozen") : t("foot.live")}, <b>{number(Math.round(status.rate))}</b>{" "}
      {t("foot.perSecond")}, {lost > 0 ? <b class="bad">{number(lost)}</b> : number(0)}{" "}
      {t("foot.dropped")}
    </span>
  );
}

export function Announcer() {
  return (
    <div class="visually-hidden" aria-live="polite" data-testid="announcer">
      {usePage().announcement.value}
    </div>
  );
}
