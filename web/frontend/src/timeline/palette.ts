/** The tokens' colours, resolved for the canvas: the page's custom properties are the only source. */
import { HUES } from "../model/hues";
import { FILL_PHASES } from "../model/kinds";
import type { Inks } from "./raster";

const NAMES = [
  "surface",
  "sunken",
  "hover",
  "selected",
  "text",
  "text-2",
  "text-3",
  "grid",
  "line",
  "line-strong",
  "accent",
  "on-accent",
  "error",
  "fill-error",
] as const;
type Name = (typeof NAMES)[number];
export type FontRole = "label" | "small" | "strong" | "title";

export interface Palette {
  color: Record<Name, string>;
  /** By phase index. */
  fill: string[];
  border: string[];
  /** `app[0]` stands for no app. */
  app: string[];
  signal: string;
  inks: Inks & { signal: number; surface: number };
  fontUi: string;
  fontMono: string;
  /** Whole CSS fonts. */
  fonts: Record<FontRole, string>;
  /** Sizes in CSS pixels; one step larger in Chinese. */
  labelSize: number;
  smallSize: number;
}

/** Reads the custom properties as they are at `host`; call again when the theme may have changed. */
export function readPalette(host: HTMLElement): Palette {
  const probe = document.createElement("span");
  probe.style.display = "none";
  host.append(probe);
  const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const resolve = (value: string): string => {
    probe.style.color = "";
    probe.style.color = value;
    return toRgba(getComputedStyle(probe).color, context);
  };
  const token = (name: string) => resolve(`var(--${name})`);
  const fillName = (phase: string) => `var(--fill-${phase})`;
  const palette = {
    color: Object.fromEntries(NAMES.map((name) => [name, token(name)])) as Record<Name, string>,
    fill: FILL_PHASES.map((phase) => resolve(fillName(phase))),
    border: FILL_PHASES.map((phase) => resolve(mix(fillName(phase), 45, "var(--text)"))),
    app: [token("line-strong"), ...Array.from({ length: HUES }, (_, i) => token(`app-${i + 1}`))],
    signal: resolve(mix("var(--fill-signal)", 35, "var(--text)")),
  };
  const merged = FILL_PHASES.map((phase) => resolve(mix(fillName(phase), 78, "var(--text)")));
  const hatch = resolve(mix("var(--error)", 45, "var(--fill-error)"));
  const style = getComputedStyle(host);
  probe.remove();
  const step = Number.parseFloat(style.getPropertyValue("--t-label")) || 11;
  const fontUi = style.getPropertyValue("--font-ui") || "sans-serif";
  return {
    ...palette,
    fontUi,
    fonts: {
      label: `${step + 0.5}px ${fontUi}`,
      small: `${step}px ${fontUi}`,
      strong: `600 ${step}px ${fontUi}`,
      title: `600 ${step + 1}px ${fontUi}`,
    },
    fontMono: style.getPropertyValue("--font-mono") || "monospace",
    labelSize: step + 0.5,
    smallSize: step,
    inks: {
      fill: words(palette.fill),
      border: words(palette.border),
      merged: words(merged),
      app: words(["rgb(0 0 0 / 0)", ...palette.app.slice(1)]),
      error: wordOf(palette.color.error),
      errorFill: wordOf(palette.color["fill-error"]),
      hatch: wordOf(hatch),
      signal: wordOf(palette.signal),
      surface: wordOf(palette.color.surface),
    },
  };
}

export function appColor(palette: Palette, hue: number): string {
  return palette.app[hue] as string;
}

/** `color` with this opacity, for fills under 1. */
export function faded(color: string, opacity: number): string {
  let known = FADED.get(opacity);
  if (known === undefined) {
    known = new Map();
    FADED.set(opacity, known);
  }
  let text = known.get(color);
  if (text === undefined) {
    const [r, g, b, a] = channels(color);
    text = `rgba(${r}, ${g}, ${b}, ${(a / 255) * opacity})`;
    known.set(color, text);
  }
  return text;
}

/** A few colours in a few strengths; asked for hundreds of times a frame. */
const FADED = new Map<number, Map<string, string>>();

function mix(first: string, percent: number, second: string): string {
  return `color-mix(in oklab, ${first} ${percent}%, ${second})`;
}

/** Browsers answer in many notations; painting one pixel tells the bytes. */
function toRgba(color: string, context: CanvasRenderingContext2D | null): string {
  if (context === null || /^rgba?\([\d.,\s]+\)$/.test(color)) return color;
  context.clearRect(0, 0, 1, 1);
  context.fillStyle = color;
  context.fillRect(0, 0, 1, 1);
  const [r, g, b, a] = context.getImageData(0, 0, 1, 1).data;
  return `rgba(${r}, ${g}, ${b}, ${(a ?? 255) / 255})`;
}

function channels(color: string): [number, number, number, number] {
  const [r = 0, g = 0, b = 0, a = 1] = (color.match(/[\d.]+/g) ?? []).map(Number);
  return [r, g, b, Math.round(a * 255)];
}

function words(colors: readonly string[]): Uint32Array {
  return Uint32Array.from(colors, wordOf);
}

function wordOf(color: string): number {
  const [r, g, b, a] = channels(color);
  return ((a << 24) | (b << 16) | (g << 8) | r) >>> 0;
}
