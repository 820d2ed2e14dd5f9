/** Brand, screens, connection, find box, theme, settings, help. */
import type { ComponentChildren } from "preact";
import { useRef, useState } from "preact/hooks";
import { speakLanguage } from "../i18n/catalogue";
import { keepLanguage, LANGUAGES, type Language, language } from "../i18n/language";
import { type MessageKey, t } from "../i18n/translate";
import { isOwn, type OwnScreen } from "../state/location";
import type { Theme } from "../state/preferences";
import { usePage } from "./context";
import { lazy } from "./lazy";
import { Brand, Key } from "./marks";
import { Settings } from "./settings";

const FindPanel = lazy(async () => (await import("./find_panel")).FindPanel, { texts: "find" });

const THEMES: readonly Theme[] = ["auto", "light", "dark"];

export function TopBar() {
  return (
    <header class="top">
      <div class="brand">
        <Brand />
        <span>{t("brand")}</span>
      </div>
      <Navigation />
      <ConnectionState />
      <Find />
      <div class="top-tools">
        <LanguageSwitch />
        <ThemeSwitch />
        <Settings />
        <HelpButton />
      </div>
    </header>
  );
}

function Navigation() {
  const page = usePage();
  const screen = page.screen.value;
  const opened = page.onRecording.value ? page.opened.value : null;
  const ofRecording = opened ? `recording=${encodeURIComponent(opened.id)}` : "";
  return (
    <nav class="nav" aria-label={t("nav.label")}>
      <Tab to="live" current={screen === "live"}>
        {t("nav.live")}
      </Tab>
      <Tab to="recordings" current={screen.startsWith("recording")}>
        {t("nav.recordings")}
      </Tab>
      <Tab to="map" current={screen === "map"}>
        {t("nav.map")}
      </Tab>
      <Tab to="compare" current={screen === "compare"}>
        {t("nav.compare")}
      </Tab>
      <Tab to="hooks" own={ofRecording} current={screen === "hooks"}>
        {t("nav.hooks")}
      </Tab>
      <Tab to="learn" current={screen === "learn"}>
        {t("nav.learn")}
      </Tab>
    </nav>
  );
}

interface TabProps {
  to: "live" | "recordings" | "map" | OwnScreen;
  own?: string;
  current: boolean;
  children: ComponentChildren;
}

function Tab(props: TabProps) {
  const page = usePage();
  const { to, own = "" } = props;
  return (
    <a
      href={to === "live" ? "/" : `/${to}${own && `?${own}`}`}
      aria-current={props.current ? "page" : undefined}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        page.show(to, own);
      }}
    >
      {props.children}
    </a>
  );
}

function ConnectionState() {
  const { mark, text } = usePage().statusLine.value;
  const look = { ok: "dot", waiting: "dot waiting", off: "dot off" }[mark];
  return (
    <span class="connection" role="status" data-state={mark}>
      <span class={look} aria-hidden="true" />
      <span class="ellipsis" title={text}>
        {text}
      </span>
    </span>
  );
}

export function Find() {
  const page = usePage();
  const input = useRef<HTMLInputElement>(null);
  const [open, setOpen] = useState(false);
  const workspace = page.current.value;
  const { filter } = workspace;
  if (page.screen.value === "recordings" || isOwn(page.screen.value)) return null;
  return (
    <div class="find">
      <input
        id="find"
        class="input"
        type="search"
        aria-label={t("find.label")}
        autocomplete="off"
        spellcheck={false}
        placeholder={t("find.placeholder")}
        ref={input}
        value={filter.value}
        onFocus={() => setOpen(true)}
        onBlur={() => setOpen(false)}
        onInput={(event) => {
          filter.value = event.currentTarget.value;
        }}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          filter.value = "";
          event.currentTarget.blur();
        }}
      />
      <Key name="/" />
      {(open || filter.value !== "") && (
        <FindPanel workspace={workspace} input={input} open={open} />
      )}
    </div>
  );
}

/** Names the other language in that language: who needs it cannot read this one. */
export function LanguageSwitch() {
  const page = usePage();
  const other: Language = language.value === "en" ? "zh" : "en";
  const { tag, name, short } = LANGUAGES[other];
  const change = async () => {
    try {
      await speakLanguage(other);
      keepLanguage(other, document);
    } catch {
      page.fail(new Error(t("lazy.failed")));
    }
  };
  return (
    <button
      type="button"
      class="btn quiet language"
      lang={tag}
      title={name}
      onClick={() => void change()}
    >
      {short}
      <span class="visually-hidden"> {name}</span>
    </button>
  );
}

export function ThemeSwitch() {
  const { theme } = usePage().preferences;
  const name = t(`theme.${theme.value}` as MessageKey);
  const next = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length] as Theme;
  return (
    <button
      type="button"
      class="btn quiet"
      aria-label={t("theme.label", { theme: name })}
      title={t("theme.label", { theme: name })}
      onClick={() => {
        theme.value = next;
      }}
    >
      <ThemeIcon theme={theme.value} />
    </button>
  );
}

function ThemeIcon({ theme }: { theme: Theme }) {
  return (
    <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">
      <circle cx="8" cy="8" r="5.5" fill="none" stroke="currentColor" stroke-width="1.5" />
      {theme === "auto" && <path d="M8 2.5a5.5 5.5 0 0 1 0 11z" fill="currentColor" />}
      {theme === "dark" && <circle cx="8" cy="8" r="5.5" fill="currentColor" />}
      {theme === "light" && <circle cx="8" cy="8" r="2" fill="currentColor" />}
    </svg>
  );
}

export function HelpButton() {
  const page = usePage();
  return (
    <button
      type="button"
      class="btn quiet"
      aria-label={t("help.open")}
      title={t("help.open")}
      onClick={() => {
        page.helpOpen.value = true;
      }}
    >
      <Key name="?" />
    </button>
  );
}
