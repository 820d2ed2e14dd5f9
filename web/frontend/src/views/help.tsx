/** The dialog that lists the keys. */

import { Fragment } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../i18n/translate";
import { BINDINGS, ESCAPE } from "../keys";
import { usePage } from "./context";

export function Help() {
  const page = usePage();
  const dialog = useRef<HTMLDialogElement>(null);
  const open = page.helpOpen.value;

  useEffect(() => {
    const element = dialog.current;
    if (open && !element?.open) element?.showModal();
    if (!open && element?.open) element.close();
  }, [open]);

  const close = () => {
    page.helpOpen.value = false;
  };
  return (
    <dialog ref={dialog} aria-labelledby="help-title" onClose={close}>
      <div class="dialog-head">
        <h2 id="help-title">{t("help.title")}</h2>
        <button type="button" class="btn quiet" aria-label={t("close")} onClick={close}>
          ✕
        </button>
      </div>
      <div class="dialog-body">
        <dl class="keys">
          {[...BINDINGS, ESCAPE].map((binding) => (
            <Fragment key={binding.text}>
              <dt>
                {binding.shown.map((key) => (
                  <kbd key={key}>{key}</kbd>
                ))}
              </dt>
              <dd>{t(binding.text)}</dd>
            </Fragment>
          ))}
        </dl>
        <p class="t2">{t("help.scale")}</p>
        <p class="t2">{t("help.off")}</p>
      </div>
    </dialog>
  );
}
