/** Puts the page together and starts it. */
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
import { languageOf } from "./i18n/language";
import { listenForKeys } from "./keys";
import { mirrorLocation } from "./state/mirror";
import { Page } from "./state/page";
import { applyTheme, createPreferences } from "./state/preferences";
import { createApi } from "./transport/api";
import { LiveStream } from "./transport/live";
import { liveSocket } from "./transport/socket";
import { App, preloadLater } from "./views/app";

/** Events before the page was opened that are loaded at once: what the overview shows at first. */
const RECENT_EVENTS = 20_000;

async function start(host: HTMLElement): Promise<void> {
  await speakLanguage(languageOf(document));
  const api = createApi();
  const preferences = createPreferences();
  applyTheme(preferences.theme, document.documentElement);
  const page = new Page(api, preferences);
  render(<App page={page} />, host);
  preloadLater();
  mirrorLocation(page);
  listenForKeys(page, document);
  const stream = new LiveStream(liveSocket(), page.sink(), api.events, await firstPosition(page));
  stream.start();
}

/** Where to begin: a little before the newest event, or from now if nobody says where that is. */
async function firstPosition(page: Page): Promise<number | null> {
  try {
    const status = await page.api.status();
    page.sink().status(status);
    return Math.max(0, status.newest_seq - RECENT_EVENTS);
  } catch {
    return null;
  }
}

const host = document.getElementById("app");
if (host !== null) void start(host);
