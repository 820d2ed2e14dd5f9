/** Typed arrays that grow by doubling; `data` is replaced when they do, so do not keep it. */

export class Floats {
  data: Float64Array;
  length = 0;

  constructor(capacity = 8) {
    this.data = new Float64Array(capacity);
  }

  push(value: number): void {
    if (this.length === this.data.length) {
      const grown = new Float64Array(this.data.length * 2);
      grown.set(this.data);
      this.data = grown;
    }
    this.data[this.length++] = value;
  }
}

export class Words {
  data: Uint32Array;
  length = 0;

  constructor(capacity = 8) {
    this.data = new Uint32Array(capacity);
  }

  push(value: number): void {
    if (this.length === this.data.length) {
      const grown = new Uint32Array(this.data.length * 2);
      grown.set(this.data);
      this.data = grown;
    }
    this.data[this.length++] = value;
  }
}

/** Number of leading entries of a rising array that are ≤ `value`. */
export function countUpTo(data: ArrayLike<number>, length: number, value: number): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((data[middle] as number) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
