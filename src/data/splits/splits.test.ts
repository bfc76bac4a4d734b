import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MillwrightError } from "../../core/index.ts";
import type { Schema } from "../../schema/index.ts";
import { defaultSplitKind, holdOut, makeFolds, type Split, type SplitPlan } from "./index.ts";

const seedArbitrary = fc.integer({ min: 0, max: 1e6 });

/** Every row in exactly one test part, and in the training part of the others. */
function expectPartition(splits: readonly Split[], rowCount: number): void {
  const tested = new Uint8Array(rowCount);
  for (const { train, test: held } of splits) {
    expect(train.length + held.length).toBe(rowCount);
    expect(new Set([...train, ...held]).size).toBe(rowCount);
    expect([...train]).toEqual([...train].sort((a, b) => a - b));
    for (const row of held) tested[row]!++;
  }
  expect(tested.every((count) => count === 1)).toBe(true);
}

function countsOf(codes: Int32Array, rows: Uint32Array, classCount: number): number[] {
  const counts = new Array<number>(classCount).fill(0);
  for (const row of rows) counts[codes[row]!]!++;
  return counts;
}

/** Rows that are the only one of their class. */
function lonely(codes: Int32Array): number[] {
  return [...codes.keys()].filter((row) => codes.indexOf(codes[row]!) === codes.lastIndexOf(codes[row]!));
}

function codeOf(action: () => unknown): string | undefined {
  try {
    action();
  } catch (error) {
    return (error as MillwrightError).code;
  }
  return undefined;
}

const codesArbitrary = fc
  .array(fc.integer({ min: 0, max: 3 }), { minLength: 12, maxLength: 80 })
  .map((codes) => Int32Array.from(codes));

describe("makeFolds", () => {
  test("random folds partition the rows into sizes within one of each other", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 5, max: 60 }),
        fc.integer({ min: 2, max: 5 }),
        seedArbitrary,
        (n, k, seed) => {
          const splits = makeFolds({ kind: "random", rowCount: n }, { folds: k, seed });
          expect(splits.length).toBe(k);
          expectPartition(splits, n);
          const sizes = splits.map((split) => split.test.length);
          expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        },
      ),
    );
  });

  test("stratified folds hold every class that has enough rows within one of its share", () => {
    fc.assert(
      fc.property(codesArbitrary, fc.integer({ min: 2, max: 5 }), seedArbitrary, (codes, k, seed) => {
        fc.pre(lonely(codes).length === 0);
        const splits = makeFolds({ kind: "stratified", codes, classCount: 4 }, { folds: k, seed });
        expectPartition(splits, codes.length);
        const sizes = splits.map((split) => split.test.length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        for (let c = 0; c < 4; c++) {
          const total = codes.filter((code) => code === c).length;
          for (const split of splits) {
            const got = countsOf(codes, split.test, 4)[c]!;
            expect(Math.abs(got - total / k)).toBeLessThan(1);
          }
        }
      }),
    );
  });

  test("no stratified fold tests a class that its training part lacks; the only row of a class is trained on", () => {
    const rareCodes = fc
      .tuple(
        fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 12, maxLength: 40 }),
        fc.array(fc.integer({ min: 2, max: 9 }), { maxLength: 10 }),
      )
      .map(([common, rare]) => Int32Array.from([0, 0, 0, 0, 0, ...common, ...rare]));
    fc.assert(
      fc.property(rareCodes, fc.integer({ min: 2, max: 5 }), seedArbitrary, (codes, k, seed) => {
        const splits = makeFolds({ kind: "stratified", codes, classCount: 10 }, { folds: k, seed });
        const alone = new Set(lonely(codes));
        const tested = new Uint8Array(codes.length);
        for (const { train, test: held } of splits) {
          const known = new Set(Array.from(train, (row) => codes[row]!));
          expect([...held].every((row) => known.has(codes[row]!))).toBe(true);
          expect([...alone].every((row) => train.includes(row))).toBe(true);
          expect(train.length + held.length).toBe(codes.length);
          for (const row of held) tested[row]!++;
        }
        tested.forEach((times, row) => expect(times).toBe(alone.has(row) ? 0 : 1));
      }),
    );
  });

  test("stratified folds refuse a rare class only when told to", () => {
    const codes = Int32Array.from([0, 0, 0, 0, 0, 0, 1, 1]);
    const plan = { kind: "stratified", codes, classCount: 2 } as const;
    expect(makeFolds(plan, { folds: 3, seed: 1 }).length).toBe(3);
    expect(() => makeFolds({ ...plan, rare: "refuse" }, { folds: 3, seed: 1 })).toThrow(
      /need 3 rows of each class, and class 1 has 2.*DATA_TOO_FEW_ROWS/,
    );
  });

  test("grouped folds never part a group, and missing groups stand alone", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -1, max: 12 }), { minLength: 10, maxLength: 80 }),
        seedArbitrary,
        (list, seed) => {
          const groups = Int32Array.from(list);
          const distinct =
            new Set(list.filter((g) => g >= 0)).size + list.filter((group) => group < 0).length;
          fc.pre(distinct >= 3);
          const splits = makeFolds({ kind: "grouped", groups }, { folds: 3, seed });
          expectPartition(splits, groups.length);
          for (const split of splits) {
            expect(split.test.length).toBeGreaterThan(0);
            const tested = new Set([...split.test].map((row) => groups[row]!).filter((g) => g >= 0));
            expect([...split.train].some((row) => tested.has(groups[row]!))).toBe(false);
          }
        },
      ),
    );
  });

  test("grouped folds of equal groups are of equal size, and classes come near their share", () => {
    const groups = Int32Array.from({ length: 400 }, (_, i) => Math.floor(i / 10));
    // Whole groups are of one class: only stratifying by group can keep the share of class 1.
    const codes = groups.map((group) => (group % 4 === 0 ? 1 : 0));
    const splits = makeFolds({ kind: "grouped", groups, codes, classCount: 2 }, { folds: 5, seed: 3 });
    for (const split of splits) {
      expect(split.test.length).toBe(80);
      expect(countsOf(codes, split.test, 2)).toEqual([60, 20]);
    }
  });

  test("folds by time only ever test what comes later, and never part one moment", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 20, maxLength: 60 }), (list) => {
        const times = Float64Array.from(list);
        fc.pre(new Set(list).size >= 8);
        let splits: Split[];
        try {
          splits = makeFolds({ kind: "time", times }, { folds: 3, seed: 0 });
        } catch (error) {
          expect((error as MillwrightError).code).toBe("DATA_TOO_FEW_ROWS");
          return;
        }
        let before = 0;
        for (const { train, test: held } of splits) {
          const latest = Math.max(...[...train].map((row) => times[row]!));
          const earliest = Math.min(...[...held].map((row) => times[row]!));
          expect(latest).toBeLessThan(earliest);
          expect(train.length).toBeGreaterThan(before);
          before = train.length;
        }
        const last = splits.at(-1)!;
        expect(last.train.length + last.test.length).toBe(times.length);
      }),
    );
  });

  test("a gap and the groups tested later are left out of the training part", () => {
    const times = Float64Array.from({ length: 20 }, (_, i) => i);
    const groups = Int32Array.from({ length: 20 }, (_, i) => (i === 3 || i === 19 ? 99 : i));
    const plain = holdOut({ kind: "time", times }, { testSize: 0.2, seed: 0 });
    expect([...plain.test]).toEqual([16, 17, 18, 19]);
    const gapped = holdOut({ kind: "time", times, gap: 3 }, { testSize: 0.2, seed: 0 });
    expect(Math.max(...gapped.train)).toBe(13);
    const purged = holdOut({ kind: "time", times, groups }, { testSize: 0.2, seed: 0 });
    expect([...purged.train]).toEqual([...plain.train].filter((row) => row !== 3));
  });

  test("repeats deal out anew, seeds and repeats are reproducible", () => {
    const plan: SplitPlan = { kind: "random", rowCount: 50 };
    const once = makeFolds(plan, { folds: 5, repeats: 2, seed: 9 });
    expect(once.length).toBe(10);
    expectPartition(once.slice(5), 50);
    expect(once[0]!.test).not.toEqual(once[5]!.test);
    expect(makeFolds(plan, { folds: 5, repeats: 2, seed: 9 })).toEqual(once);
    expect(makeFolds(plan, { folds: 5, repeats: 1, seed: 9 })).toEqual(once.slice(0, 5));
    expect(makeFolds(plan, { folds: 5, seed: 10 })[0]!.test).not.toEqual(once[0]!.test);
  });

  test("inner folds stay inside the outer training part and keep the plan", () => {
    const codes = Int32Array.from({ length: 100 }, (_, i) => (i % 10 === 0 ? 1 : 0));
    const plan: SplitPlan = { kind: "stratified", codes, classCount: 2 };
    const outer = holdOut(plan, { seed: 1 });
    const inner = makeFolds(plan, { folds: 4, seed: 1 }, outer.train);
    const allowed = new Set(outer.train);
    for (const { train, test: held } of inner) {
      expect([...train, ...held].every((row) => allowed.has(row))).toBe(true);
      expect(train.length + held.length).toBe(outer.train.length);
      expect(countsOf(codes, held, 2)[1]).toBe(2);
    }
  });

  test.each<[string, () => unknown, string]>([
    [
      "fewer rows than folds",
      () => makeFolds({ kind: "random", rowCount: 3 }, { seed: 0 }),
      "DATA_TOO_FEW_ROWS",
    ],
    ["one fold", () => makeFolds({ kind: "random", rowCount: 9 }, { folds: 1, seed: 0 }), "PARAMETER_RANGE"],
    [
      "two groups for three folds",
      () => makeFolds({ kind: "grouped", groups: Int32Array.from([0, 0, 1, 1]) }, { folds: 3, seed: 0 }),
      "DATA_TOO_FEW_ROWS",
    ],
    [
      "stratified folds of rows that nearly all differ",
      () =>
        makeFolds(
          { kind: "stratified", codes: Int32Array.from([0, 0, 1, 2, 3, 4, 5]), classCount: 6 },
          { folds: 3, seed: 0 },
        ),
      "DATA_TOO_FEW_ROWS",
    ],
    [
      "a missing class",
      () =>
        makeFolds(
          { kind: "stratified", codes: Int32Array.from([0, 1, -1, 1, 0]), classCount: 2 },
          { seed: 0 },
        ),
      "DATA_BAD_VALUE",
    ],
    [
      "a missing time",
      () =>
        makeFolds(
          { kind: "time", times: Float64Array.from([1, 2, Number.NaN, 4, 5]) },
          { folds: 2, seed: 0 },
        ),
      "DATA_BAD_VALUE",
    ],
    [
      "one moment only",
      () => makeFolds({ kind: "time", times: new Float64Array(9) }, { folds: 2, seed: 0 }),
      "DATA_TOO_FEW_ROWS",
    ],
    [
      "repeats by time",
      () =>
        makeFolds({ kind: "time", times: Float64Array.from([1, 2, 3]) }, { folds: 2, repeats: 2, seed: 0 }),
      "PARAMETER_CONFLICT",
    ],
    [
      "a test part of everything",
      () => holdOut({ kind: "random", rowCount: 9 }, { testSize: 1, seed: 0 }),
      "PARAMETER_RANGE",
    ],
    [
      "a hold-out of one row",
      () => holdOut({ kind: "random", rowCount: 1 }, { seed: 0 }),
      "DATA_TOO_FEW_ROWS",
    ],
    [
      "a hold-out of one group",
      () => holdOut({ kind: "grouped", groups: new Int32Array(9) }, { seed: 0 }),
      "DATA_TOO_FEW_ROWS",
    ],
    [
      "a hold-out in which all rows differ",
      () => holdOut({ kind: "stratified", codes: Int32Array.from([0, 1, 2]), classCount: 3 }, { seed: 0 }),
      "DATA_TOO_FEW_ROWS",
    ],
    [
      "groups that all go on over time",
      () =>
        holdOut(
          { kind: "time", times: Float64Array.from([1, 2, 3, 4]), groups: Int32Array.from([0, 0, 0, 0]) },
          { seed: 0 },
        ),
      "DATA_TOO_FEW_ROWS",
    ],
  ])("%s is refused", (_, action, code) => {
    expect(codeOf(action)).toBe(code);
  });
});

describe("holdOut", () => {
  test("sizes are right to the row at random and by class, and every class of two is on both sides", () => {
    fc.assert(
      fc.property(
        codesArbitrary,
        fc.double({ min: 0.1, max: 0.5, noNaN: true }),
        seedArbitrary,
        (codes, testSize, seed) => {
          const wanted = Math.round(codes.length * testSize);
          const random = holdOut({ kind: "random", rowCount: codes.length }, { testSize, seed });
          expect(random.test.length).toBe(Math.max(1, wanted));
          const split = holdOut({ kind: "stratified", codes, classCount: 4 }, { testSize, seed });
          expect(split.train.length + split.test.length).toBe(codes.length);
          expect(Math.abs(split.test.length - wanted)).toBeLessThanOrEqual(4);
          const held = countsOf(codes, split.test, 4);
          const learnt = countsOf(codes, split.train, 4);
          for (let c = 0; c < 4; c++) {
            const total = held[c]! + learnt[c]!;
            if (total >= 1) expect(learnt[c]).toBeGreaterThan(0);
            if (total >= 2) expect(held[c]).toBeGreaterThan(0);
            if (total * testSize >= 1 && total * (1 - testSize) >= 1) {
              expect(Math.abs(held[c]! - total * testSize)).toBeLessThanOrEqual(1);
            }
          }
        },
      ),
    );
  });

  test("by group, the test part is within one group of its share", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 4, maxLength: 40 }),
        seedArbitrary,
        (sizes, seed) => {
          const groups = Int32Array.from(sizes.flatMap((size, group) => new Array<number>(size).fill(group)));
          const split = holdOut({ kind: "grouped", groups }, { testSize: 0.3, seed });
          expect(split.test.length).toBeGreaterThan(0);
          expect(split.train.length).toBeGreaterThan(0);
          expect(Math.abs(split.test.length - 0.3 * groups.length)).toBeLessThanOrEqual(Math.max(...sizes));
          const tested = new Set([...split.test].map((row) => groups[row]!));
          expect([...split.train].some((row) => tested.has(groups[row]!))).toBe(false);
        },
      ),
    );
  });

  test("one giant group leaves a small one to test", () => {
    const groups = Int32Array.from({ length: 100 }, (_, i) => (i < 97 ? 0 : 1));
    const split = holdOut({ kind: "grouped", groups }, { testSize: 0.2, seed: 4 });
    expect([...split.test]).toEqual([97, 98, 99]);
  });
});

describe("defaultSplitKind", () => {
  const schema = (...assigned: ("time" | "group" | "feature")[]): Schema => ({
    columns: assigned.map((role, i) => ({ name: `c${i}`, role, kind: "category" })),
  });
  test.each<[string, Schema, "regression" | "classification", string]>([
    ["time before group", schema("group", "time"), "classification", "time"],
    ["group", schema("feature", "group"), "regression", "grouped"],
    ["classes", schema("feature"), "classification", "stratified"],
    ["numbers", schema("feature"), "regression", "random"],
  ])("%s", (_, columns, task, kind) => {
    expect(defaultSplitKind(columns, task).kind).toBe(kind);
  });

  test("the reason names the column", () => {
    expect(defaultSplitKind(schema("group"), "regression").reason).toContain('"c0"');
  });
});
