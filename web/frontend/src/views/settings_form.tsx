/** What the dashboard keeps: ignored paths, size, clearing; and how keys behave. */

import { useEffect, useState } from "preact/hooks";
import { t } from "../i18n/translate";
import { changeSettings, clearTraces, loadSettings } from "../state/keeping";
import type { SettingsItem } from "../transport/items";
import { usePage } from "./context";
import { Busy } from "./marks";

const MEGABYTE = 1e6;

/** *close* is called when there is nothing left to do here. */
export function SettingsForm({ close }: { close: () => void }) {
  const page = usePage();
  const settings = page.settings.value;
  useEffect(() => void loadSettings(page), [page]);
  return (
    <div class="stack">
      <h2>{t("settings.title")}</h2>
      {settings === null ? <Busy /> : <KeptForm settings={settings} close={close} />}
      <ClearTraces close={close} />
      <label class="check">
        <input
          type="checkbox"
          checked={page.preferences.singleKeys.value}
          onChange={(event) => {
            page.preferences.singleKeys.value = event.currentTarget.checked;
          }}
        />
        {t("settings.singleKeys")}
      </label>
    </div>
  );
}

function KeptForm({ settings, close }: { settings: SettingsItem; close: () => void }) {
  const page = usePage();
  const [paths, setPaths] = useState(settings.ignored_paths.join("\n"));
  const [megabytes, setMegabytes] = useState(String(Math.round(settings.size_cap / MEGABYTE)));
  const save = async () => {
    const saved = await changeSettings(page, {
      ignored_paths: paths
        .split("\n")
        .map((path) => path.trim())
        .filter(Boolean),
      size_cap: Math.round(Number(megabytes) * MEGABYTE),
    });
    if (saved) close();
  };
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <label class="field">
        <span class="cap">{t("settings.ignoredPaths")}</span>
        <textarea
          class="input mono"
          rows={4}
          value={paths}
          onInput={(event) => setPaths(event.currentTarget.value)}
        />
        <span class="t3">{t("settings.ignoredPathsHint")}</span>
      </label>
      <label class="field">
        <span class="cap">{t("settings.sizeCap")}</span>
        <input
          class="input"
          type="number"
          min="1"
          required
          value={megabytes}
          onInput={(event) => setMegabytes(event.currentTarget.value)}
        />
      </label>
      <div class="row">
        <button type="submit" class="btn">
          {t("settings.save")}
        </button>
      </div>
    </form>
  );
}

function ClearTraces({ close }: { close: () => void }) {
  const page = usePage();
  const [asked, setAsked] = useState(false);
  if (!asked) {
    return (
      <div class="row">
        <button type="button" class="btn" onClick={() => setAsked(true)}>
          {t("settings.clear")}
        </button>
      </div>
    );
  }
  const clear = async () => {
    close();
    await clearTraces(page);
  };
  return (
    <div class="row">
      <span>{t("settings.clearQuestion")}</span>
      <button type="button" class="btn" onClick={() => void clear()}>
        {t("yes")}
      </button>
      <button type="button" class="btn" onClick={() => setAsked(false)}>
        {t("no")}
      </button>
    </div>
  );
}
