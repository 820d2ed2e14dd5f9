/** Where text stands in a frame, CSS pixels. No two texts may overlap. */
export class Claims {
  /** left, right and baseline of each. */
  private readonly taken: number[] = [];

  /** Takes the place of a text if it is free. */
  take(left: number, right: number, baseline: number, height: number): boolean {
    const { taken } = this;
    for (let i = 0; i < taken.length; i += 3) {
      const isBeside = left >= (taken[i + 1] as number) || right <= (taken[i] as number);
      if (!isBeside && Math.abs(baseline - (taken[i + 2] as number)) < height) return false;
    }
    taken.push(left, right, baseline);
    return true;
  }
}
