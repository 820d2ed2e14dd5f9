/** The button that opens what can be taken along; that comes with a script of its own. */
import { useMemo } from "preact/hooks";
import { bytes } from "../i18n/format";
import { t } from "../i18n/translate";
import { Download } from "../state/download";
import type { Workspace } from "../state/workspace";
import { usePage } from "./context";
import { lazy } from "./lazy";
import { usePopover } from "./popover";

const ShareMenu = lazy(async () => (await import("./share_menu")).ShareMenu, { texts: "share" });

export function Share({ workspace }: { workspace: Workspace }) {
  const page = usePage();
  const { open, setOpen, anchor } = usePopover();
  const download = useMemo(() => new Download(page), [page]);
  const received = download.received.value;
  return (
    <div class="popover-anchor" ref={anchor}>
      <button type="button" class="btn" aria-expanded={open} onClick={() => setOpen(!open)}>
        {t("share.open")}
        {received !== null && received > 0 && ` · ${bytes(received)}`}
      </button>
      {open && (
        <section class="popover share" aria-label={t("share.open")}>
          <ShareMenu workspace={workspace} download={download} close={() => setOpen(false)} />
        </section>
      )}
    </div>
  );
}
