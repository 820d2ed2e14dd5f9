/** The button that opens the settings, which come with a script of their own. */
import { t } from "../i18n/translate";
import { lazy } from "./lazy";
import { usePopover } from "./popover";

const SettingsForm = lazy(async () => (await import("./settings_form")).SettingsForm, {
  texts: "dashboard",
});

export function Settings() {
  const { open, setOpen, anchor } = usePopover();

  return (
    <div class="popover-anchor" ref={anchor}>
      <button
        type="button"
        class="btn quiet"
        aria-label={t("settings.open")}
        title={t("settings.open")}
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        <SlidersIcon />
      </button>
      {open && (
        <section class="popover" aria-label={t("settings.title")}>
          <SettingsForm close={() => setOpen(false)} />
        </section>
      )}
    </div>
  );
}

function SlidersIcon() {
  return (
    <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">
      <path
        d="M2 4.5h5M11 4.5h3M2 11.5h2M8 11.5h6"
        stroke="currentColor"
        stroke-width="1.5"
        stroke-linecap="round"
      />
      <circle cx="9" cy="4.5" r="1.8" fill="none" stroke="currentColor" stroke-width="1.5" />
      <circle cx="6" cy="11.5" r="1.8" fill="none" stroke="currentColor" stroke-width="1.5" />
    </svg>
  );
}
