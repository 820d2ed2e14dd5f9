/** The page inside an exported file: the same viewer with its events beside it, and nobody to ask. */
import "./prompt_effects";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/shell.css";
import "./styles/live.css";
import "./styles/details.css";
import "./styles/panels.css";
import "./styles/hooks.css";
import "./styles/compare.css";
import { render } from "preact";
import { speakLanguage } from "./i18n/catalogue";
import { LANGUAGES } from "./i18n/language";
import { listenForKeys } from "./keys";
import { fragmentBar } from "./state/fragment_bar";
import { mirrorLocation } from "./state/mirror";
import { Page } from "./state/page";
import { applyTheme, createPreferences } from "./state/preferences";
import { createApi } from "./transport/api";
import { answerFrom } from "./transport/enclosed";
import { OfflineApp } from "./views/offline_app";
import { preloadDetails } from "./views/workspace_screen";

async function start(host: HTMLElement): Promise<void> {
  const language = navigator.language.startsWith("zh") ? "zh" : "en";
  document.documentElement.lang = LANGUAGES[language].tag;
  await speakLanguage(language);
  const api = createApi("", answerFrom(document));
  const preferences = createPreferences();
  applyTheme(preferences.theme, document.documentElement);
  const page = new Page(api, preferences);
  page.sink().status(await api.status());
  render(<OfflineApp page={page} />, host);
  preloadDetails();
  listenForKeys(page, document);
  mirrorLocation(page, fragmentBar(window));
}

const host = document.getElementById("app");
if (host !== null) void start(host);
