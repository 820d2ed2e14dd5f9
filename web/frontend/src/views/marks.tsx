/** Small marks that many panels share: the application's tile, the brand, keys, a problem, a wait. */
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { t } from "../i18n/translate";
import { hueOf } from "../model/hues";
import { problemText } from "../state/problems";

/** Class of the hue that the timeline gives to *app*; "" for none. */
export function hueClass(app: string | null): string {
  const hue = hueOf(app);
  return hue > 0 ? `a${hue}` : "";
}

/** First letter and hue of an application; dashed when no application took part. */
export function Tile({ app }: { app: string | null }) {
  if (app === null) return <span class="tile none" aria-hidden="true" />;
  const letter = [...app][0]?.toUpperCase() ?? "";
  return (
    <span class={`tile ${hueClass(app)}`} aria-hidden="true">
      {letter}
    </span>
  );
}

export function Brand() {
  return (
    <svg width="20" height="20" viewBox="0 0 20 20" aria-hidden="true">
      <path
        d="M6 2H4a2 2 0 0 0-2 2v12a2 2 0 0 0 2 2h2M14 2h2a2 2 0 0 1 2 2v12a2 2 0 0 1-2 2h-2"
        fill="none"
        stroke="var(--app-1)"
        stroke-width="2"
        stroke-linecap="round"
      />
      <rect x="5.5" y="6" width="9" height="3" rx="1.5" fill="var(--text)" />
      <rect x="7.5" y="11" width="5" height="3" rx="1.5" fill="var(--app-2)" />
    </svg>
  );
}

/** What went wrong, and what to do about it. */
export function ProblemBox({ error }: { error: unknown }) {
  return (
    <div class="problem" role="alert">
      {problemText(error)}
    </div>
  );
}

/** Says what is waited for, once it takes longer than 300 ms. */
export function Busy({ children }: { children?: ComponentChildren }) {
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), 300);
    return () => clearTimeout(timer);
  }, []);
  return shown ? <span class="busy">{children ?? t("busy")}</span> : null;
}

/** The key that does the same as the button it stands in. */
export function Key({ name }: { name: string }) {
  return (
    <span class="kbd" aria-hidden="true">
      {name}
    </span>
  );
}

/** A part that scrolls by itself, so it has to be reachable by keys; its name says what is in it. */
export function ScrollBox(props: { label: string; class?: string; children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: without it the keyboard could not scroll it
    <section tabIndex={0} aria-label={props.label} class={props.class}>
      {props.children}
    </section>
  );
}

/** Text from traced applications: isolated from the direction of what stands around it. */
export function Foreign({ text, class: name }: { text: string; class?: string }) {
  return (
    <bdi class={name} title={text}>
      {text}
    </bdi>
  );
}

/** A path in one line: where it has no room it loses its beginning, since its end tells it apart. */
export function PathTail({ path }: { path: string }) {
  return (
    <span class="tail">
      <bdi dir="ltr" title={path}>
        {path}
      </bdi>
    </span>
  );
}

export function DocsLink({ to }: { to: string }) {
  return (
    <a href={to} target="_blank" rel="noreferrer noopener">
      {t("details.docs")}
    </a>
  );
}
