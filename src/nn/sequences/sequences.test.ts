/** Sequences from a table: gathering against a slow reference, tasks that need memory, and what must not matter. */
import { describe, expect, test } from "vitest";
import { createRandom, type Random } from "../../core/index.ts";
import { compile } from "../../runtime/index.ts";
import * as nn from "../index.ts";

interface Row {
  readonly group: number;
  readonly time: number;
  readonly a: number;
  readonly b: number;
}

const tableOf = (rows: readonly Row[]): nn.SequenceTable => ({
  group: Int32Array.from(rows, ({ group }) => group),
  time: Float64Array.from(rows, ({ time }) => time),
  features: { a: Float64Array.from(rows, ({ a }) => a), b: Float64Array.from(rows, ({ b }) => b) },
});

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const mixed = [...items];
  for (let i = mixed.length - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    [mixed[i], mixed[j]] = [mixed[j]!, mixed[i]!];
  }
  return mixed;
}

/** Groups of 6 to 12 rows: a pulse in `a` and one in `b`. Class: which comes first. Number: how far apart they are. */
function pulses(count: number, seed: number): { rows: Row[]; codes: Int32Array; values: Float64Array } {
  const rows: Row[] = [];
  const codes = new Int32Array(count);
  const values = new Float64Array(count);
  for (let group = 0; group < count; group++) {
    const random = createRandom(seed).child(group);
    const length = 6 + random.integer(7);
    const first = random.integer(length - 1);
    const second = first + 1 + random.integer(length - 1 - first);
    const turned = random.next() < 0.5;
    codes[group] = turned ? 1 : 0;
    values[group] = 100 + 10 * (second - first);
    for (let step = 0; step < length; step++) {
      const [early, late] = [step === first ? 1 : 0, step === second ? 1 : 0];
      const noise = (): number => 0.05 * random.normal();
      rows.push({
        group,
        time: 1000 + step * 7,
        a: 50 + 20 * ((turned ? late : early) + noise()),
        // A tenth of the cells are missing, but no pulse.
        b: early + late === 0 && random.next() < 0.1 ? Number.NaN : (turned ? early : late) + noise(),
      });
    }
  }
  return { rows, codes, values };
}

async function answers(fitted: nn.FittedSequences, table: nn.SequenceTable): Promise<Float32Array> {
  const { x, lengths, groups } = fitted.sequences(table);
  const session = await compile(fitted.graph, { threads: 1 });
  try {
    const result = await session.run({
      x: { dtype: "float32", shape: [groups.length, ...x.shape], data: x.data as Float32Array },
      lengths: { dtype: "int32", shape: [groups.length], data: lengths.data as Int32Array },
    });
    return (result["scores"]!.data as Float32Array).slice();
  } finally {
    await session.release();
  }
}

describe("groupSequences", () => {
  test("gathers each group by time, as the definition says", () => {
    const random = createRandom(3);
    const rows = Array.from(
      { length: 60 },
      (): Row => ({
        group: 5 + random.integer(7),
        time: random.integer(6),
        a: random.normal(),
        b: random.normal(),
      }),
    );
    for (const steps of [undefined, 3, 40]) {
      const got = nn.groupSequences(tableOf(rows), steps);
      const codes = [...new Set(rows.map(({ group }) => group))];
      expect([...got.groups]).toEqual(codes);
      const length = got.x.shape[0]!;
      expect(length).toBe(
        steps ?? Math.max(...codes.map((code) => rows.filter((r) => r.group === code).length)),
      );
      for (const [i, code] of codes.entries()) {
        const own = rows.map((row, at) => ({ ...row, at })).filter(({ group }) => group === code);
        own.sort((p, q) => (p.time === q.time ? p.at - q.at : p.time - q.time));
        const taken = own.slice(Math.max(0, own.length - length));
        expect(got.lengths.data[i]).toBe(taken.length);
        for (let step = 0; step < length; step++)
          expect([
            ...(got.x.data as Float32Array).subarray((i * length + step) * 2, (i * length + step) * 2 + 2),
          ]).toEqual([taken[step]?.a ?? 0, taken[step]?.b ?? 0].map(Math.fround));
      }
      expect(got.cut).toBe(
        steps === 3 ? codes.filter((c) => rows.filter((r) => r.group === c).length > 3).length : 0,
      );
    }
  });

  const table = tableOf(pulses(2, 1).rows);
  test.each([
    { name: "no rows", table: tableOf([]), code: "DATA_EMPTY", says: "0 rows" },
    {
      name: "a short column",
      table: { ...table, time: new Float64Array(3) },
      code: "SHAPE_MISMATCH",
      says: '"time"',
    },
    {
      name: "a time that is missing",
      table: { ...table, time: table.time.map((time, i) => (i === 4 ? Number.NaN : time)) },
      code: "DATA_BAD_VALUE",
      says: "row 4",
    },
  ])("refuses $name", ({ table: given, code, says }) => {
    expect(() => nn.groupSequences(given)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(says) }),
    );
  });
});

describe("fitSequences", () => {
  const [train, held] = [pulses(240, 1), pulses(120, 2)];

  test.each(["lstm", "gru", "tcn"] as const)(
    "%s tells which of two pulses comes first (≥ 95 % of 120, half by chance)",
    async (body) => {
      const fitted = await nn.fitSequences(
        tableOf(train.rows),
        { task: "classification", codes: train.codes, classes: 2 },
        { body, units: 12, steps: 12, epochs: 15, learningRate: 0.02, seed: 1 },
      );
      const scores = await answers(fitted, tableOf(held.rows));
      const right = [...held.codes].filter(
        (code, i) => scores[2 * i + code]! > scores[2 * i + 1 - code]!,
      ).length;
      expect(right / 120).toBeGreaterThanOrEqual(0.95);
    },
  );

  test("gru tells how far apart they are, in the target's unit (R² ≥ 0.9); the order of rows and columns is nothing to it", async () => {
    const fitted = await nn.fitSequences(
      tableOf(train.rows),
      { task: "regression", values: train.values },
      {
        body: "gru",
        units: 12,
        steps: 12,
        epochs: 40,
        learningRate: 0.02,
        seed: 1,
        validation: { table: tableOf(train.rows), target: { task: "regression", values: train.values } },
      },
    );
    const got = await answers(fitted, tableOf(held.rows));
    const mean = held.values.reduce((sum, value) => sum + value, 0) / 120;
    const [left, all] = [...held.values].reduce(
      ([a, b], value, i) => [a + (value - got[i]!) ** 2, b + (value - mean) ** 2] as const,
      [0, 0] as readonly [number, number],
    );
    expect(1 - left / all).toBeGreaterThan(0.9);
    expect(fitted.training.bestEpoch).toBeGreaterThan(0);
    // Rows in any order, features in any order: the same answer for each group.
    const mixed = shuffled(held.rows, createRandom(9));
    const { features, ...rest } = tableOf(mixed);
    const table = { ...rest, features: { b: features["b"]!, a: features["a"]! } };
    const again = await answers(fitted, table);
    for (const [i, group] of fitted.sequences(table).groups.entries()) expect(again[i]).toBe(got[group]);
  });

  test("what lies behind a sequence's end changes nothing", async () => {
    for (const body of ["lstm", "tcn"] as const) {
      const fitted = await nn.fitSequences(
        tableOf(train.rows),
        { task: "classification", codes: train.codes, classes: 2 },
        { body, units: 4, epochs: 1, seed: 1 },
      );
      const { x, lengths, groups } = fitted.sequences(tableOf(held.rows.filter(({ group }) => group < 8)));
      const session = await compile(fitted.graph, { threads: 1 });
      const run = async (data: Float32Array): Promise<Float32Array> => {
        const feeds = {
          x: { dtype: "float32", shape: [groups.length, ...x.shape], data },
          lengths: { dtype: "int32", shape: [groups.length], data: lengths.data as Int32Array },
        } as const;
        return ((await session.run(feeds))["scores"]!.data as Float32Array).slice();
      };
      const clean = await run(x.data as Float32Array);
      const [steps] = x.shape as [number, number];
      const dirty = (x.data as Float32Array).map((value, i) =>
        Math.floor(i / 2) % steps < (lengths.data as Int32Array)[Math.floor(i / 2 / steps)]!
          ? value
          : i % 3 === 0
            ? Number.NaN
            : 77,
      );
      expect(dirty).not.toEqual(x.data);
      expect(await run(dirty)).toEqual(clean);
      await session.release();
    }
  });

  test("refuses targets that are not one a group, tasks that differ, and tables without a feature", async () => {
    const table = tableOf(train.rows);
    const target = { task: "classification", codes: train.codes, classes: 2 } as const;
    await expect(
      nn.fitSequences(table, { ...target, codes: new Int32Array(7) }, { seed: 1 }),
    ).rejects.toMatchObject({ code: "SHAPE_MISMATCH" });
    const validation = { table, target: { task: "regression", values: train.values } } as const;
    await expect(nn.fitSequences(table, target, { seed: 1, validation })).rejects.toMatchObject({
      code: "PARAMETER_CONFLICT",
    });
    const fitted = await nn.fitSequences(table, target, { units: 2, epochs: 1, seed: 1 });
    expect(() => fitted.sequences({ ...table, features: { a: table.features["a"]! } })).toThrow(
      expect.objectContaining({ code: "SCHEMA_MISSING_COLUMN" }),
    );
  });
});
