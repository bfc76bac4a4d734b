import { expect, test } from "vitest";
import { createRandom } from "../../core/index.ts";
import { bareKernels } from "../testing.ts";
import { sparseHistogramReference } from "./reference.ts";

/** Packed sums as (gradient, hessian) pairs. */
function unpack(words: Int32Array): number[] {
  return Array.from(words, (_, i) => (i % 2 === 0 ? words[i + 1]! : words[i - 1]! >>> 0));
}

test.each<[string, number, number]>([
  ["all features", 0, 40],
  ["the first", 0, 7],
  ["some", 13, 29],
  ["the last", 39, 40],
  ["none", 40, 40],
])(
  "%s: sums of rows and of columns equal the reference exactly, and taking rows away leaves zeros",
  (_, first, last) => {
    const random = createRandom(3);
    const { memory, call, put } = bareKernels();
    const [rowCount, features, bins] = [500, 40, 6];
    const entries = Array.from({ length: rowCount }, (_row, i) =>
      Array.from({ length: features }, (_feature, j): [number, number] => [
        j,
        j * bins + random.integer(bins),
      ]).filter(() => i !== 5 && random.next() < 0.3),
    );
    const pairs = new Float64Array(2 * rowCount).map((_value, i) =>
      i % 2 ? random.integer(1000) : random.integer(4001) - 2000,
    );
    const packed = new BigInt64Array(rowCount).map(
      (_value, i) => (BigInt(pairs[2 * i]!) << 32n) + BigInt(pairs[2 * i + 1]!),
    );
    const rows = Uint32Array.from({ length: rowCount }, (_row, i) => i).filter(() => random.next() < 0.4);
    const starts = new Uint32Array(rowCount + 1);
    entries.forEach((row, i) => (starts[i + 1] = starts[i]! + row.length));
    const flat = entries.flat();
    const [begin, end] = [3, rows.length - 2];
    const covered = put(new BigInt64Array(features));
    const slots = put(new BigInt64Array(features * bins));
    const addresses = [
      put(starts),
      put(Uint32Array.from(flat, ([feature]) => feature)),
      put(Uint32Array.from(flat, ([, slot]) => slot)),
      put(rows),
      put(packed),
    ];
    const size = { features, slots: features * bins };
    const expected = sparseHistogramReference(entries, pairs, rows.subarray(begin, end), [first, last], size);
    const walk = (kernel: string, given: readonly number[], ...rest: number[]): number =>
      call[kernel]!(...given, begin, end, first, last, ...rest);
    const add = (away: number): number => walk("addSparseRows", addresses, covered, slots, away);
    const sums = (at: number, count: number): number[] => unpack(memory.i32(at, 2 * count));
    add(0);
    expect(sums(covered, features)).toEqual([...expected.covered]);
    expect(sums(slots, size.slots)).toEqual([...expected.slots]);
    expect(expected.slots.some((sum) => sum !== 0)).toBe(first < last);

    const child = put(new BigInt64Array(features));
    const childSlots = put(new BigInt64Array(size.slots));
    walk("moveSparseRows", addresses, child, childSlots, covered, slots);
    expect(sums(child, features)).toEqual([...expected.covered]);
    expect(sums(childSlots, size.slots)).toEqual([...expected.slots]);
    for (const [at, count] of [
      [covered, features],
      [slots, size.slots],
    ] as const)
      expect(sums(at, count).every((sum) => sum === 0)).toBe(true);

    walk("clearSparseRows", addresses.slice(0, 4), child, childSlots);
    expect([...sums(child, features), ...sums(childSlots, size.slots)].every((sum) => sum === 0)).toBe(true);
    add(0);
    add(1);
    expect([...sums(covered, features), ...sums(slots, size.slots)].every((sum) => sum === 0)).toBe(true);

    const masked = put(packed.map((value, row) => (rows.subarray(begin, end).includes(row) ? value : 0n)));
    const addSparseColumn = call["addSparseColumn"] as unknown as (...args: number[]) => bigint;
    for (let j = first; j < last; j++) {
      const own = entries.flatMap((row, i) =>
        row.flatMap(([feature, slot]) => (feature === j ? [[i, slot - j * bins] as const] : [])),
      );
      const column = [
        put(Uint32Array.from(own, ([row]) => row)),
        put(Uint8Array.from(own, ([, bin]) => bin)),
      ];
      const sum = addSparseColumn(...column, 0, own.length, masked, slots + 8 * bins * j);
      expect(unpack(new Int32Array(BigInt64Array.of(sum).buffer))).toEqual([
        ...expected.covered.subarray(2 * j, 2 * j + 2),
      ]);
    }
    expect(sums(slots, size.slots)).toEqual([...expected.slots]);
  },
);
