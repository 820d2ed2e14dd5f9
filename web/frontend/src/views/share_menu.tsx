/** What can be taken along: the request or the recording as a file, a link, a command, a test. */
import { useState } from "preact/hooks";
import { bytes } from "../i18n/format";
import { type MessageKey, t } from "../i18n/translate";
import { asCurl, asPytest, type CopiedRequest, copiedRequest } from "../model/copies";
import type { Download } from "../state/download";
import { ENCLOSED } from "../state/fragment_bar";
import { writePlace } from "../state/location";
import { placeOf } from "../state/mirror";
import type { Page } from "../state/page";
import type { Workspace } from "../state/workspace";
import type { Exported, ExportFormat } from "../transport/files";
import { usePage } from "./context";
import { Busy } from "./marks";

const FORMATS: readonly ExportFormat[] = ["html", "chrome", "otlp", "jsonl"];
/** Where an application is looked for that never said where it answers. */
const SOMEWHERE = "http://127.0.0.1:5000";

interface Props {
  workspace: Workspace;
  download: Download;
  close: () => void;
}

export function ShareMenu({ workspace, download, close }: Props) {
  const page = usePage();
  const trace = workspace.trace.value;
  const opened = page.opened.value;
  const recording = workspace === opened?.workspace ? opened.id : null;
  // A file holds nobody who could write another one.
  const enclosed = recording === ENCLOSED;
  return (
    <div class="stack">
      {trace === null ? (
        <p class="t2">{t("share.nothing")}</p>
      ) : (
        <>
          <h2 class="cap">{t("share.request")}</h2>
          {!enclosed && <Files what="traces" id={trace} download={download} />}
          <Copies workspace={workspace} trace={trace} close={close} />
        </>
      )}
      {recording !== null && !enclosed && (
        <>
          <h2 class="cap">{t("share.recording")}</h2>
          <Files what="recordings" id={recording} download={download} />
        </>
      )}
      {!enclosed && <p class="t3">{t("share.readFirst")}</p>}
      <Progress download={download} />
    </div>
  );
}

function Files({ what, id, download }: { what: Exported; id: string; download: Download }) {
  const busy = download.received.value !== null;
  return (
    <ul class="share-list">
      {FORMATS.map((format) => (
        <li key={format}>
          <button
            type="button"
            class="btn"
            aria-disabled={busy}
            onClick={() => void download.start(what, id, format)}
          >
            {t(`share.${format}`)}
          </button>
          <span class="t3">{t(`share.${format}.for`)}</span>
        </li>
      ))}
    </ul>
  );
}

function Progress({ download }: { download: Download }) {
  const received = download.received.value;
  if (received === null) return null;
  return (
    <div class="row" role="status">
      <Busy>{t("share.progress", { size: bytes(received) })}</Busy>
      <button type="button" class="btn small" onClick={() => download.stop()}>
        {t("share.stop")}
      </button>
    </div>
  );
}

function Copies(props: { workspace: Workspace; trace: string; close: () => void }) {
  const page = usePage();
  const [byHand, setByHand] = useState<string | null>(null);
  props.workspace.revision.value;
  const request = copiedRequest(props.workspace.log, props.trace);
  const copy = async (text: string, said: MessageKey) => {
    try {
      await navigator.clipboard.writeText(text);
      page.say(t(said));
      props.close();
    } catch {
      setByHand(text);
    }
  };
  return (
    <>
      <div class="row">
        <button
          type="button"
          class="btn"
          onClick={() => void copy(linkTo(page, props.trace), "share.copied.link")}
        >
          {t("share.copy.link")}
        </button>
        {request !== null && (
          <>
            <button
              type="button"
              class="btn"
              onClick={() =>
                void copy(asCurl(request, originOf(page, request)), "share.copied.curl")
              }
            >
              {t("share.copy.curl")}
            </button>
            <button
              type="button"
              class="btn"
              onClick={() => void copy(asPytest(request), "share.copied.pytest")}
            >
              {t("share.copy.pytest")}
            </button>
          </>
        )}
      </div>
      {byHand !== null && (
        <label class="stack">
          <span class="t2">{t("share.byHand")}</span>
          <textarea
            class="input mono"
            rows={6}
            readOnly
            value={byHand}
            ref={(element) => element?.select()}
          />
        </label>
      )}
    </>
  );
}

/** The address that shows what is shown now, with its request even if nobody chose that. */
function linkTo(page: Page, trace: string): string {
  const place = placeOf(page);
  const address = writePlace({ ...place, trace });
  const { href, origin } = window.location;
  if (place.recording !== ENCLOSED) return origin + address;
  return `${href.split("#")[0]}#${address.split("?")[1]}`;
}

function originOf(page: Page, request: CopiedRequest): string {
  const apps = page.status.value?.apps ?? [];
  const address = apps.find((app) => app.name === request.app && app.base_url !== null)?.base_url;
  return address ? new URL(address).origin : SOMEWHERE;
}
