import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRandom } from "../../core/index.ts";
import { graph, input } from "../../graph/index.ts";
import { expectedCalibrationError, logLoss } from "../../metrics/index.ts";
import { compile } from "../../runtime/index.ts";
import {
  type Calibration,
  type CalibrationRows,
  chooseCalibration,
  fitIsotonic,
  fitSigmoid,
  fitTemperature,
  noCalibration,
} from "./index.ts";

/** Rows whose stated log-odds are `stretch` times the true ones plus `shift`. */
function rowsOf(
  n: number,
  classCount: number,
  stretch: number,
  shift: number,
  seed: number,
): CalibrationRows {
  const random = createRandom(seed);
  const probabilities = new Float64Array(n * classCount);
  const codes = new Int32Array(n);
  for (let i = 0; i < n; i++) {
    const score = Float64Array.from({ length: classCount }, () => 1.5 * random.normal());
    const shares = (scores: Float64Array): Float64Array => {
      const powers = scores.map((s) => Math.exp(s));
      const sum = powers.reduce((a, b) => a + b);
      return powers.map((power) => power / sum);
    };
    let draw = random.next();
    const truth = shares(score);
    while (draw >= truth[codes[i]!]! && codes[i]! < classCount - 1) draw -= truth[codes[i]!++]!;
    probabilities.set(shares(score.map((s, c) => stretch * s + (c === 1 ? shift : 0))), i * classCount);
  }
  return { probabilities, codes, classCount };
}

const lossOf = (rows: CalibrationRows, probabilities: Float64Array): number =>
  logLoss(rows.codes, probabilities, rows.classCount, { weight: rows.weight });

/** The emitted graph's answer by ONNX Runtime. */
async function run(
  calibration: Calibration,
  probabilities: Float64Array,
  classCount: number,
): Promise<Float64Array> {
  const p = input("p", "float64", ["batch", classCount]);
  const session = await compile(graph({ inputs: [p], outputs: { q: calibration.emit(p) } }));
  try {
    const shape = [probabilities.length / classCount, classCount];
    const { q } = await session.run({ p: { dtype: "float64", shape, data: probabilities } });
    expect(q!.shape).toEqual(shape);
    return q!.data as Float64Array;
  } finally {
    await session.release();
  }
}

const kinds = [
  ["sigmoid", fitSigmoid],
  ["isotonic", fitIsotonic],
  ["temperature", fitTemperature],
] as const;

describe.each(kinds)("%s", (kind, fit) => {
  describe.each([2, 4])("of %d classes", (classCount) => {
    const learnt = rowsOf(3000, classCount, 2.5, 0, 1);
    const fresh = rowsOf(3000, classCount, 2.5, 0, 2);
    const calibration = fit(learnt);

    test("makes an overconfident model's probabilities true on fresh rows", () => {
      const answers = calibration.reference(fresh.probabilities);
      expect(lossOf(fresh, answers)).toBeLessThan(lossOf(fresh, fresh.probabilities) - 0.1);
      const before = expectedCalibrationError(fresh.codes, fresh.probabilities, classCount);
      const after = expectedCalibrationError(fresh.codes, answers, classCount);
      expect(before).toBeGreaterThan(0.1);
      expect(after).toBeLessThan(0.035);
      // The true probabilities are known: the gain is as good as knowing them, within 0.02 nats.
      const truth = rowsOf(3000, classCount, 1, 0, 2);
      expect(lossOf(fresh, answers) - lossOf(truth, truth.probabilities)).toBeLessThan(0.02);
    });

    test("the graph answers as the reference within 1e-12, ends and an empty batch included", async () => {
      const ends = Float64Array.from({ length: classCount * classCount }, (_, i) =>
        i % classCount === Math.floor(i / classCount) ? 1 : 0,
      );
      const even = new Float64Array(classCount).fill(1 / classCount);
      const probabilities = Float64Array.from([
        ...fresh.probabilities.subarray(0, 500 * classCount),
        ...ends,
        ...even,
      ]);
      const expected = calibration.reference(probabilities);
      const answers = await run(calibration, probabilities, classCount);
      let worst = 0;
      answers.forEach((value, i) => {
        worst = Math.max(worst, Math.abs(value - expected[i]!));
      });
      expect(worst).toBeLessThan(1e-12);
      for (let start = 0; start < expected.length; start += classCount) {
        const row = expected.subarray(start, start + classCount);
        expect(row.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
        expect(row.every((q) => q > 0 && q < 1)).toBe(true);
      }
      expect(await run(calibration, new Float64Array(0), classCount)).toEqual(new Float64Array(0));
    });

    test("a weight is a repetition within 1e-6, and 0 is absence", () => {
      const some = rowsOf(200, classCount, 2, 0.5, 3);
      const times = Array.from({ length: 200 }, (_, i) => i % 4);
      const written = times.flatMap((count, i) => new Array<number>(count).fill(i));
      const repeated: CalibrationRows = {
        classCount,
        codes: Int32Array.from(written, (i) => some.codes[i]!),
        probabilities: Float64Array.from(
          written.flatMap((i) => [...some.probabilities.subarray(i * classCount, (i + 1) * classCount)]),
        ),
      };
      const weighted = fit({ ...some, weight: Float64Array.from(times) }).reference(fresh.probabilities);
      fit(repeated)
        .reference(fresh.probabilities)
        .forEach((value, i) => {
          if (Math.abs(value - weighted[i]!) > 1e-6) expect(value).toBe(weighted[i]);
        });
    });
  });

  test("refuses one class and rows that do not fit together", () => {
    const rows = rowsOf(20, 2, 1, 0, 1);
    expect(() => fit({ ...rows, codes: new Int32Array(20) })).toThrow(/DATA_ONE_CLASS/);
    expect(() => fit({ ...rows, codes: rows.codes.subarray(1) })).toThrow(/SHAPE_MISMATCH/);
    const weight = Float64Array.from(rows.codes, (code) => code);
    expect(() => fit({ ...rows, weight })).toThrow(/DATA_ONE_CLASS/);
    expect(fit(rows).kind).toBe(kind);
  });
});

describe("what each kind minimises", () => {
  const small = fc
    .array(fc.tuple(fc.integer({ min: 0, max: 20 }), fc.boolean(), fc.integer({ min: 1, max: 3 })), {
      minLength: 4,
      maxLength: 40,
    })
    .filter((rows) => rows.some(([, hit]) => hit) && rows.some(([, hit]) => !hit))
    .map(
      (rows): CalibrationRows => ({
        classCount: 2,
        codes: Int32Array.from(rows, ([, hit]) => (hit ? 1 : 0)),
        probabilities: Float64Array.from(rows.flatMap(([p]) => [1 - p / 20, p / 20])),
        weight: Float64Array.from(rows, ([, , w]) => w),
      }),
    );

  test("isotonic is the max-min of all means, within 1e-12, and its ends stay off 0 and 1", () => {
    fc.assert(
      fc.property(small, (rows) => {
        const xs = [
          ...new Set(rows.codes.map((_, i) => Math.round(rows.probabilities[2 * i + 1]! * 20))),
        ].sort((a, b) => a - b);
        const sums = xs.map((x) => {
          let hits = 0;
          let weight = 0;
          rows.codes.forEach((code, i) => {
            if (Math.round(rows.probabilities[2 * i + 1]! * 20) !== x) return;
            weight += rows.weight![i]!;
            hits += code * rows.weight![i]!;
          });
          return { hits, weight };
        });
        const total = sums.reduce((sum, entry) => sum + entry.weight, 0);
        const end = 1 / (total + 2);
        const calibration = fitIsotonic(rows);
        xs.forEach((x, i) => {
          let rate = -Infinity;
          for (let from = 0; from <= i; from++) {
            let least = Infinity;
            for (let to = i; to < xs.length; to++) {
              const part = sums.slice(from, to + 1);
              least = Math.min(
                least,
                part.reduce((sum, entry) => sum + entry.hits, 0) /
                  part.reduce((sum, entry) => sum + entry.weight, 0),
              );
            }
            rate = Math.max(rate, least);
          }
          const [, q] = calibration.reference(Float64Array.from([1 - x / 20, x / 20]));
          expect(q).toBeCloseTo(Math.min(Math.max(rate, end), 1 - end), 12);
        });
      }),
    );
  });

  test("isotonic rises everywhere, between its blocks too", () => {
    const calibration = fitIsotonic(rowsOf(2000, 2, 2, 0, 5));
    let before = 0;
    for (let i = 0; i <= 5000; i++) {
      const [, q] = calibration.reference(Float64Array.from([1 - i / 5000, i / 5000]));
      expect(q!).toBeGreaterThanOrEqual(before);
      before = q!;
    }
  });

  test("no slope and shift near sigmoid's fit the softened targets better", () => {
    fc.assert(
      fc.property(small, (rows) => {
        const { slope, shift } = fitSigmoid(rows).summary as { slope: number; shift: number };
        let positives = 0;
        let total = 0;
        rows.codes.forEach((code, i) => {
          positives += code * rows.weight![i]!;
          total += rows.weight![i]!;
        });
        const loss = (a: number, b: number): number => {
          let sum = 0;
          rows.codes.forEach((code, i) => {
            const p = Math.min(Math.max(rows.probabilities[2 * i + 1]!, 1e-12), 1 - 1e-12);
            const q = 1 / (1 + Math.exp(-(a * Math.log(p / (1 - p)) + b)));
            const t = code === 1 ? (positives + 1) / (positives + 2) : 1 / (total - positives + 2);
            sum -= rows.weight![i]! * (t * Math.log(q) + (1 - t) * Math.log(1 - q));
          });
          return sum / total;
        };
        const best = loss(slope, shift);
        for (const [a, b] of [
          [1e-3, 0],
          [-1e-3, 0],
          [0, 1e-3],
          [0, -1e-3],
          [1e-3, 1e-3],
          [-1e-3, -1e-3],
        ] as const) {
          expect(loss(slope + a, shift + b)).toBeGreaterThanOrEqual(best - 1e-12);
        }
      }),
    );
  });

  test("no temperature near the fitted one has a lower log loss", () => {
    const rows = rowsOf(500, 3, 2, 0, 7);
    const fitted = fitTemperature(rows);
    const { temperature } = fitted.summary as { temperature: number };
    expect(Math.abs(temperature - 2)).toBeLessThan(0.3);
    const best = lossOf(rows, fitted.reference(rows.probabilities));
    for (const factor of [0.99, 1.01]) {
      const other = rows.probabilities.map((p) => p ** (1 / (temperature * factor)));
      for (let i = 0; i < other.length; i += 3) {
        const sum = other[i]! + other[i + 1]! + other[i + 2]!;
        for (let c = 0; c < 3; c++) other[i + c]! /= sum;
      }
      expect(lossOf(rows, other)).toBeGreaterThan(best);
    }
  });

  test("a sigmoid undoes a known stretch and shift of the log-odds within 0.1", () => {
    // Log-odds of the difference of two scores: stated = 2 · true + 1, so true = 0.5 · stated − 0.5.
    const { slope, shift } = fitSigmoid(rowsOf(20_000, 2, 2, 1, 9)).summary as {
      slope: number;
      shift: number;
    };
    expect(Math.abs(slope - 0.5)).toBeLessThan(0.02);
    expect(Math.abs(shift + 0.5)).toBeLessThan(0.06);
  });
});

describe("chooseCalibration", () => {
  test.each([2, 3])(
    "of %d classes leaves true probabilities alone and mends stretched ones",
    (classCount) => {
      const honest = chooseCalibration(rowsOf(1500, classCount, 1, 0, 1), 1);
      expect(honest.chosen).toBe(noCalibration);
      expect(honest.reason).toContain("not enough to change");
      const wrong = chooseCalibration(rowsOf(1500, classCount, 3, 0, 1), 1);
      expect(wrong.chosen.kind).toBe(classCount === 2 ? "sigmoid" : "temperature");
      expect(wrong.trials.map((trial) => trial.kind)).toContain("isotonic");
      expect(wrong.trials[1]!.gain).toBeGreaterThan(0.1);
    },
  );

  test("takes isotonic where the distortion is not a stretch", () => {
    const rows = rowsOf(6000, 2, 1, 0, 1);
    // Everything the model says between 0.2 and 0.8 is pressed together around 0.5 and turned up.
    const bent = rows.probabilities.slice();
    for (let i = 0; i < rows.codes.length; i++) {
      const p = rows.probabilities[2 * i + 1]!;
      const q = p < 0.2 ? p / 10 : p < 0.8 ? 0.9 + p / 100 : 0.95 + p / 25;
      bent[2 * i + 1] = q;
      bent[2 * i] = 1 - q;
    }
    expect(chooseCalibration({ ...rows, probabilities: bent }, 1).chosen.kind).toBe("isotonic");
  });

  test("few rows are left alone, and the same seed chooses the same", () => {
    const few = chooseCalibration(rowsOf(8, 2, 3, 0, 4), 1);
    expect(few.chosen).toBe(noCalibration);
    expect(few.reason).toContain("too few");
    const rows = rowsOf(1200, 2, 3, 0, 4);
    expect(chooseCalibration(rows, 5).trials).toEqual(chooseCalibration(rows, 5).trials);
  });

  test("leaving alone emits the very values", async () => {
    const p = Float64Array.from([0.25, 0.75]);
    const x = input("p", "float64", ["batch", 2]);
    expect(noCalibration.emit(x)).toBe(x);
    expect(noCalibration.reference(p)).toBe(p);
  });
});
