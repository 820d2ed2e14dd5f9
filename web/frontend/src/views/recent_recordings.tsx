/** The short list of recordings under the requests. */
import { bytes } from "../i18n/format";
import { plural, t } from "../i18n/translate";
import { recordingsNow } from "../state/keeping";
import { usePage } from "./context";
import { Foreign } from "./marks";

export function RecentRecordings() {
  const page = usePage();
  const recordings = recordingsNow(page) ?? [];
  return (
    <>
      <div class="list-head divided">
        <h2 class="cap">{t("recordings.title")}</h2>
      </div>
      {recordings.length === 0 && <p class="empty">{t("recordings.noneShort")}</p>}
      <ul class="recent-recordings">
        {recordings.slice(0, 5).map((recording) => (
          <li key={recording.id}>
            <a
              href={`/recordings/${encodeURIComponent(recording.id)}`}
              onClick={(event) => {
                if (event.ctrlKey || event.metaKey || event.shiftKey) return;
                event.preventDefault();
                void page.open(recording.id);
              }}
            >
              <span class="path ellipsis">
                <Foreign text={recording.name} />
              </span>
              <span class="num second">{bytes(recording.bytes)}</span>
              <span class="second">
                {recording.state === "recording"
                  ? t("recordings.state.recording")
                  : plural("events", recording.events)}
                {recording.state === "interrupted" && ` · ${t("recordings.interruptedShort")}`}
              </span>
            </a>
          </li>
        ))}
      </ul>
    </>
  );
}
