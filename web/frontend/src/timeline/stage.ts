/** The canvases that lie upon each other, their sizes, and what makes them redraw. */

/**
 * Each canvas is handed to the browser as a whole in every frame, whether it was drawn on or not: as
 * few as there can be.
 */
export interface Stage {
  root: HTMLElement;
  /** From the bottom to the top, as many as were asked for; null where the browser has none to draw on. */
  layers: readonly (CanvasRenderingContext2D | null)[];
  /** CSS pixels. */
  width: number;
  height: number;
  ratio: number;
  /** Fits the canvases to the host; true when that changed them, which empties them. */
  resize(): boolean;
  destroy(): void;
}

/** `layers` says how each canvas is drawn on. `changed` is told of new sizes and themes. */
export function createStage(
  host: HTMLElement,
  layers: readonly CanvasRenderingContext2DSettings[],
  name: string,
  changed: (what: "size" | "theme") => void,
): Stage {
  const root = document.createElement("div");
  root.setAttribute("role", "application");
  root.setAttribute("aria-label", name);
  root.tabIndex = 0;
  root.style.cssText =
    "position:relative;width:100%;height:100%;overflow:hidden;touch-action:none;user-select:none";
  const canvases = layers.map(() => {
    const canvas = document.createElement("canvas");
    canvas.setAttribute("aria-hidden", "true");
    canvas.style.cssText = "position:absolute;left:0;top:0;pointer-events:none";
    root.append(canvas);
    return canvas;
  });
  host.append(root);

  const stage: Stage = {
    root,
    layers: canvases.map((canvas, i) => canvas.getContext("2d", layers[i])),
    width: 0,
    height: 0,
    ratio: 1,
    resize: () => {
      const width = Math.max(1, root.clientWidth);
      const height = Math.max(1, root.clientHeight);
      const ratio = window.devicePixelRatio || 1;
      if (width === stage.width && height === stage.height && ratio === stage.ratio) return false;
      Object.assign(stage, { width, height, ratio });
      canvases.forEach((canvas, i) => {
        sizeCanvas(canvas, stage.layers[i] ?? null, width, height, ratio);
      });
      return true;
    },
    destroy: () => {
      stop();
      root.remove();
    },
  };
  const stop = watch(root, changed);
  return stage;
}

function sizeCanvas(
  canvas: HTMLCanvasElement,
  context: CanvasRenderingContext2D | null,
  width: number,
  height: number,
  ratio: number,
): void {
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  context?.setTransform(ratio, 0, 0, ratio, 0, 0);
}

function watch(root: HTMLElement, changed: (what: "size" | "theme") => void): () => void {
  const off = new AbortController();
  const sizes = new ResizeObserver(() => changed("size"));
  sizes.observe(root);
  const attributes = new MutationObserver(() => changed("theme"));
  attributes.observe(document.documentElement, {
    attributes: true,
    attributeFilter: ["data-theme", "class", "style", "lang"],
  });
  for (const query of ["(prefers-color-scheme: dark)", "(forced-colors: active)"]) {
    matchMedia(query).addEventListener("change", () => changed("theme"), { signal: off.signal });
  }
  return () => {
    off.abort();
    sizes.disconnect();
    attributes.disconnect();
  };
}

/** Whether the reader asked for no motion. */
export function prefersStillness(): boolean {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
