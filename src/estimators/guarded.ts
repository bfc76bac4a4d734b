/**
 * A family that a user brings, held to the contract where it is fitted: its answers have the right shape and are
 * numbers, probabilities are probabilities, and the graph that it emits answers as its own reference does.
 *
 * Checked on a part of the rows that it was fitted on. Our own families keep the same by the conformance suite.
 */
import { awaitOwn, callOwn, ownCodeError } from "../core/index.ts";
import type { Matrix } from "../features/index.ts";
import { graph, input } from "../graph/index.ts";
import { compile } from "../runtime/index.ts";
import type { Estimator, Fitted, Target } from "./estimator.ts";
import { takeRows } from "./training-rows.ts";

/** Rows that are checked at most. */
const checkedRows = 200;
/** Largest difference of graph and reference, relative above 1: a model in single precision passes. */
const tolerance = 1e-5;

/** The same family, whose models are checked; what it does wrong is an `OWN_CODE_FAILED` with its name and the numbers. */
export function guarded(estimator: Estimator): Estimator {
  const who = `The family "${estimator.family}"`;
  const { family, parameters, tasks, title, plan, readsLevels, sparse } = estimator;
  return {
    family,
    parameters,
    tasks,
    ...(title !== undefined && { title }),
    ...(plan !== undefined && { plan }),
    ...(readsLevels && { readsLevels }),
    ...(sparse && { sparse }),
    async fit(rows, context) {
      const { rowCount, features } = rows.x;
      const fitted = await awaitOwn(
        `${who} in fit on ${rowCount} rows × ${features.length} features`,
        async () => await estimator.fit(rows, context),
      );
      await requireContract(who, fitted, rows.x, rows.y);
      // A plain object, whatever it is: methods of a class do not survive a copy.
      return {
        family,
        emit: (x) => fitted.emit(x),
        reference: (x) => fitted.reference(x),
        ...(fitted.importance && { importance: fitted.importance }),
        summary: fitted.summary ?? {},
      };
    },
  };
}

async function requireContract(who: string, fitted: Fitted, x: Matrix, y: Target): Promise<void> {
  const width = y.kind === "regression" ? 1 : y.classCount;
  const sample = takeRows(
    x,
    Uint32Array.from({ length: Math.min(checkedRows, x.rowCount) }, (_, row) => row),
  );
  const n = sample.rowCount;
  const features = x.features.length;
  const value = input("x", "float64", ["batch", features]);
  const emitted = callOwn(`${who} in emit for ${features} features`, () => fitted.emit(value));
  if (emitted.dtype !== "float64" || emitted.shape.length !== 2 || emitted.shape[1] !== width) {
    throw ownCodeError(
      `${who} emits ${emitted.dtype} [${emitted.shape.join(", ")}], and needs float64 [batch, ${width}].`,
    );
  }
  const expected = callOwn(`${who} in reference on ${n} rows`, () => fitted.reference(sample));
  if (expected.length !== n * width) {
    throw ownCodeError(
      `The reference of ${who.replace("The", "the")} gives ${expected.length} numbers for ${n} rows, and needs ${n * width}.`,
    );
  }
  const answer = await answerOf(who, emitted, value, sample);
  requireAnswers(who, y, answer, width);
  for (let i = 0; i < answer.length; i++) {
    const [a, b] = [answer[i]!, expected[i]!];
    if (Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(b))) continue;
    throw ownCodeError(
      `${who} does not agree with itself: in row ${Math.floor(i / width)} its graph answers ${a}, and its reference ${b}.`,
    );
  }
}

async function answerOf(
  who: string,
  emitted: ReturnType<Fitted["emit"]>,
  x: ReturnType<typeof input>,
  sample: Matrix,
): Promise<Float64Array> {
  const { rowCount } = sample;
  const width = sample.columns.length;
  const data = new Float64Array(rowCount * width);
  sample.columns.forEach((column, j) => {
    for (let i = 0; i < rowCount; i++) data[i * width + j] = column[i]!;
  });
  const session = await compile(graph({ inputs: [x], outputs: { answer: emitted } }), { threads: 1 });
  try {
    const { answer } = await session.run({ x: { dtype: "float64", shape: [rowCount, width], data } });
    if (answer!.shape[0] !== rowCount) {
      throw ownCodeError(
        `The graph of ${who.replace("The", "the")} answers ${answer!.shape[0]} rows for ${rowCount}.`,
      );
    }
    return answer!.data as Float64Array;
  } finally {
    await session.release();
  }
}

function requireAnswers(who: string, y: Target, answer: Float64Array, width: number): void {
  for (let start = 0; start < answer.length; start += width) {
    const row = answer.subarray(start, start + width);
    const total = row.reduce((sum, value) => sum + value, 0);
    const fine =
      row.every(Number.isFinite) &&
      (y.kind === "regression" ||
        (row.every((p) => p >= -1e-9 && p <= 1 + 1e-9) && Math.abs(total - 1) < 1e-6));
    if (fine) continue;
    const needed = y.kind === "regression" ? "a finite number" : "probabilities that sum to 1";
    throw ownCodeError(`${who} answers ${row.join(", ")} in row ${start / width}, and needs ${needed}.`);
  }
}
