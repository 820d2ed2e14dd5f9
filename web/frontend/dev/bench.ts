/** What a measured page offers to `tests/benchmarks/renderer.py`, whichever renderer is on it. */
export interface Measured {
  spans: number;
  /** From the data in memory to the first frame that shows it, ms. */
  loadMs: number;
  /** Shows this share of the whole time, beginning at its start. */
  show(share: number): void;
  /** Moves the view by a share of itself. */
  pan(share: number): void;
}

/** Loads and draws once, then stands ready on the window as `measured`. */
export async function measureLoad(load: () => Omit<Measured, "loadMs">): Promise<void> {
  const began = performance.now();
  const measured = load();
  await nextFrame();
  await nextFrame();
  Object.assign(window, { measured: { ...measured, loadMs: performance.now() - began }, panFor });
  document.body.dataset.ready = "true";
}

/** Moves to the right and back for so many frames; answers how long each took, sorted, ms. */
async function panFor({ pan }: Measured, frames: number): Promise<number[]> {
  const times: number[] = [];
  let last = await nextFrame();
  for (let i = 0; i < frames; i++) {
    pan(i % 40 < 20 ? 0.008 : -0.008);
    const at = await nextFrame();
    times.push(at - last);
    last = at;
  }
  return times.sort((a, b) => a - b);
}

function nextFrame(): Promise<number> {
  return new Promise((resolve) => requestAnimationFrame(() => resolve(performance.now())));
}
