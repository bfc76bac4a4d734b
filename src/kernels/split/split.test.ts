import { expect, test } from "vitest";
import { createRandom } from "../../core/index.ts";
import { bareKernels } from "../testing.ts";
import { bestCategoryGain, bestNumberGain, gainOf, type SplitProblem } from "./reference.ts";

const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);

/** Scans one feature by the kernel. */
function scan(
  { g, h, lambda, minH }: SplitProblem,
  how: { category?: boolean; monotone?: number; alpha?: number; seed?: number; most?: number } = {},
) {
  const { memory, call, put } = bareKernels();
  const bins = g.length - 1;
  const pack = (a: number, b: number) => (BigInt(a) << 32n) + BigInt(b);
  const hist = put(new BigInt64Array(256).map((_, i) => pack(g[i] ?? 0, h[i] ?? 0)));
  const features = memory.take(8);
  memory.u32(features, 1)[0] = bins;
  memory.u8(features + 2, 2).set([how.category ? 1 : 0, how.monotone ?? 0]);
  const options = memory.take(128);
  memory.f64(options, 16).set([lambda, minH, how.alpha ?? 0, 3, 0, -Infinity, Infinity]);
  memory.u32(options + 56, 2).set([how.most ?? 255, 1]);
  memory.f64(options, 16)[8] = 0;
  memory.u32(options + 72, 1)[0] = how.seed ?? 0;
  const answer = memory.take(512);
  call["clearAnswer"]!(answer, 0);
  const scanFeature = call["scanFeature"] as unknown as (...args: (number | bigint)[]) => void;
  scanFeature(hist, pack(total(g), total(h)), 0, features, options, memory.take(8192), answer);
  return {
    found: memory.u32(answer + 16, 1)[0] === 0,
    gain: memory.f64(answer, 1)[0]!,
    leftG: memory.i32(answer + 12, 1)[0]!,
    leftH: memory.u32(answer + 8, 1)[0]!,
    goesLeft: Array.from(memory.u8(answer + 32, bins + 1), (side) => side === 1),
  };
}

function problem(seed: number, bins: number, holes: number): SplitProblem {
  const random = createRandom(seed);
  const g: number[] = [];
  const h: number[] = [];
  for (let bin = 0; bin <= bins; bin++) {
    const empty = random.next() < holes;
    g.push(empty ? 0 : random.integer(2001) - 1000);
    h.push(empty ? 0 : 1 + random.integer(500));
  }
  return { g, h, lambda: random.integer(50), minH: 1 + random.integer(300) };
}

test.each([1, 2, 3, 4, 5, 6, 7, 8])(
  "number %i: the gain is the reference's to 1e-12, and the answer gives that gain",
  (seed) => {
    const given = problem(seed, 2 + 30 * seed, seed / 12);
    const found = scan(given);
    expect(found.gain / bestNumberGain(given)).toBeCloseTo(1, 12);
    expect(gainOf(found.goesLeft, given) / found.gain).toBeCloseTo(1, 12);
    expect(found.leftG).toBe(total(given.g.filter((_, bin) => found.goesLeft[bin])));
    expect(found.leftH).toBe(total(given.h.filter((_, bin) => found.goesLeft[bin])));
  },
);

test.each([1, 2, 3, 4])(
  "category %i: the gain is the reference's to 1e-12, and the answer gives that gain",
  (seed) => {
    const given = problem(seed, 5 + 20 * seed, 0.2);
    const found = scan(given, { category: true, most: 10 });
    expect(found.gain / bestCategoryGain(given, 3, 10)).toBeCloseTo(1, 12);
    expect(gainOf(found.goesLeft, given) / found.gain).toBeCloseTo(1, 12);
  },
);

test("a border among empty bins lies in their middle", () => {
  const found = scan({ g: [-50, 0, 0, 0, 50, 0], h: [10, 0, 0, 0, 10, 0], lambda: 0, minH: 1 });
  expect(found.goesLeft.slice(0, 5)).toEqual([true, true, false, false, false]);
});

test("a rising constraint refuses a falling split, and takes a rising one", () => {
  // Values are −g / h: the left side is higher here.
  const falling: SplitProblem = { g: [-50, 50, 0], h: [10, 10, 0], lambda: 0, minH: 1 };
  expect(scan(falling, { monotone: 1 }).found).toBe(false);
  expect(scan(falling, { monotone: -1 }).gain).toBeCloseTo(500, 9);
});

test("an L1 penalty beyond the sums leaves nothing to gain", () => {
  const given: SplitProblem = { g: [-50, 50, 0], h: [10, 10, 0], lambda: 0, minH: 1 };
  expect(scan(given, { alpha: 60 }).found).toBe(false);
  expect(scan(given, { alpha: 10 }).gain).toBeCloseTo(320, 9);
});

test("a random border splits filled bins and depends on the seed", () => {
  const given = problem(3, 100, 0.1);
  const open = { ...given, minH: 1 };
  const borders = [1, 2, 3, 4, 5, 6, 7, 8].map((seed) =>
    scan(open, { seed }).goesLeft.slice(0, 100).indexOf(false),
  );
  expect(new Set(borders).size).toBeGreaterThan(3);
});
