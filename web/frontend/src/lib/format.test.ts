import {
  formatCount,
  formatCursor,
  formatDuration,
  formatTick,
  formatTotal,
  formatUneven,
  tickStep,
} from "./format";
import { isolate } from "./isolate";
import { english, plural } from "./translate";

test.each([
  [0, "0 ms"],
  [640, "640 ns"],
  [999.7, "1.00 µs"],
  [64_000, "64.0 µs"],
  [999_700, "1.00 ms"],
  [8_200_000, "8.20 ms"],
  [18_400_000, "18.4 ms"],
  [412_000_000, "412 ms"],
  [2_100_000_000, "2.10 s"],
])("%d ns is written %s", (ns, text) => {
  expect(formatDuration(ns)).toBe(text);
});

test("a total leaves out what says nothing", () => {
  expect([18_432_000, 203_400_000, 2_104_000_000, 54_700].map(formatTotal)).toEqual([
    "18.4 ms",
    "203 ms",
    "2.10 s",
    "54.7 µs",
  ]);
});

test("ticks stand 1, 2 or 5 times a power of ten apart and have no needless decimals", () => {
  expect([1, 1.2, 2.1, 5, 5.1, 0.03].map(tickStep)).toEqual([1, 2, 5, 5, 10, 0.05]);
  expect([0, 2e6, 16e6].map((t) => formatTick(t, 2e6))).toEqual(["0", "2 ms", "16 ms"]);
  expect([2e5, 1.2e6].map((t) => formatTick(t, 2e5))).toEqual(["200 µs", "1.2 ms"]);
  expect(formatTick(0.1 + 0.2 - 0.3, 1)).toBe("0");
});

test("ticks of a bent axis have three digits, and more where their neighbours need it", () => {
  const texts = [0, 111_234, 133_400, 11_345_000].map((t) => formatUneven(t, 20_000));
  expect(texts).toEqual(["0", "111 µs", "133 µs", "11.35 ms"]);
  expect(formatUneven(801_240, 600)).toBe("801.2 µs");
  expect(formatUneven(2_049_800_000, 5e8)).toBe("2.05 s");
});

test("the cursor is finer than the ruler", () => {
  expect(formatCursor(10.553e6, 2e6)).toBe("10.55 ms");
});

test("thousands stand apart", () => {
  expect([7, 1002311].map(formatCount)).toEqual(["7", "1,002,311"]);
});

test("one thing is not many things, and what is unknown stays as it is", () => {
  expect([1, 2].map((count) => plural(english, count, "{count} hook", "{count} hooks"))).toEqual([
    "1 hook",
    "2 hooks",
  ]);
  expect(english("{name}, {time} later", { name: "a" })).toBe("a, {time} later");
});

test("a text from right to left does not turn what stands beside it", () => {
  expect(isolate("GET /cart/7 → ü")).toBe("GET /cart/7 → ü");
  expect(isolate("/\u202Egnp.exe")).toBe("\u2068/\u202Egnp.exe\u2069");
  expect(isolate("שלום\u2069")).toBe("\u2068שלום\u2069");
});
