/**
 * The laws that every feature step keeps, as checks for any test runner, over tables made to break them.
 *
 * The oracle is the step's own `reference`, slow plain float64 on one cell or row; the emitted graph runs in ONNX
 * Runtime, also on rows that were not seen in fitting.
 */
import { createRandom } from "../core/index.ts";
import {
  type Chain,
  ColumnRef,
  chainOf,
  type Encoder,
  feedsOf,
  fitFeatures,
  type FittedFeatures,
  graphInputs,
  type Matrix,
  numbers,
  type Selection,
  type StepTarget,
  type Transform,
  type Union,
} from "../features/index.ts";
import { graph, simplify, writeOnnx } from "../graph/index.ts";
import { compile } from "../runtime/index.ts";
import { type Frame, takeRows } from "../schema/index.ts";
import { type Check, lawOrException, require, requireNear, requireSame } from "./check.ts";
import {
  classTarget,
  columnsOfKinds,
  numberTarget,
  rareValues,
  stepContext,
  stepTable,
} from "./step-data.ts";

export type StepLaw =
  | "the graph equals the reference"
  | "one row"
  | "few rows"
  | "features have names of their own and sources among the columns"
  | "same seed, same file; refit forgets"
  | "the order of rows changes nothing"
  | "weight 0 is as if the row were absent"
  | "a selection behind it changes no number"
  | "no value of fewer than 5 rows is in the file";

export interface StepConformanceOptions {
  /** How many columns a transform reads, where it cannot take any number of them. */
  readonly columnCount?: number;
  /** How it uses the target, if it does; `outOfFold`: its training values differ from the graph's answers by design. */
  readonly target?: "reads" | "outOfFold";
  /** Largest difference of graph and reference, relative above 1. Default 1e-12. */
  readonly tolerance?: number;
  /** Laws that it cannot keep, each with the reason. */
  readonly exceptions?: Partial<Record<StepLaw, string>>;
}

/**
 * The checks of a feature step.
 *
 * @param step - An encoder, tried on the columns of all kinds that it accepts; a transform, tried on numbers; or a
 *   whole chain on columns of the suite's table.
 * @returns One check a law: `test(check.name, check.run)`.
 */
export function stepConformance(
  step: Encoder | Transform | Chain | Union,
  options: StepConformanceOptions = {},
): readonly Check[] {
  const { target: use, tolerance = 1e-12 } = options;
  const usesTarget = use !== undefined;
  const chain = chainOfStep(step, options.columnCount);
  const checks: Check[] = [];
  const law = (name: StepLaw, run: () => Promise<void>): void => {
    checks.push(lawOrException(name, run, options.exceptions?.[name]));
  };
  const answersAgree = async (rowCount: number, targets: readonly StepTarget[]): Promise<void> => {
    for (const target of targets)
      await requireAgreement(chain, rowCount, target, tolerance, use === "outOfFold");
  };

  law("the graph equals the reference", () =>
    answersAgree(
      400,
      usesTarget ? [numberTarget(400), classTarget(400, 2), classTarget(400, 3)] : [numberTarget(400)],
    ),
  );
  law("one row", () => answersAgree(1, [numberTarget(1)]));
  law("few rows", () =>
    answersAgree(6, usesTarget ? [numberTarget(6), classTarget(6, 2)] : [numberTarget(6)]),
  );

  law("a selection behind it changes no number", async () => {
    const frame = stepTable(100, 1, false);
    const target = classTarget(100, 2);
    const whole = await fitFeatures([chain], frame, stepContext(target));
    const width = whole.features.length;
    for (const kept of [[width - 1], Array.from({ length: Math.ceil(width / 2) }, (_, i) => 2 * i)]) {
      const some: Selection = { kind: "some", parameters: {}, select: () => kept };
      const part = await fitFeatures([chain.pipe(some)], frame, stepContext(target));
      // A name that is taken elsewhere has a number behind it.
      const plain = ({ features }: FittedFeatures, places: readonly number[]) =>
        places.map((j) => ({ ...features[j]!, name: "" }));
      requireSame(plain(part, [...kept.keys()]), plain(whole, kept), "The features selected and their like");
      require(part.matrix.columns.length === kept.length, `${part.matrix.columns.length} columns are left.`);
      part.matrix.columns.forEach((column, j) =>
        requireNear(column, whole.matrix.columns[kept[j]!]!, 0, (row) => `Row ${row} of feature ${kept[j]}`),
      );
      const read = new Set(part.features.flatMap(({ sources }) => sources));
      requireSame([...part.columns].sort(), [...read].sort(), "The columns that are read and the sources");
      const later = stepTable(40, 2, true);
      const file = await served(part, later);
      const expected = rowMajor(await whole.transform(later));
      const picked = Float64Array.from(
        file,
        (_, i) => expected[Math.floor(i / kept.length) * width + kept[i % kept.length]!]!,
      );
      requireNear(file, picked, 0, placeIn(part));
      requireNear(file, rowMajor(part.reference(later)), tolerance, placeIn(part));
    }
  });

  law("features have names of their own and sources among the columns", async () => {
    const fitted = await fitFeatures(
      [chain, chain],
      stepTable(400, 1, false),
      stepContext(classTarget(400, 3)),
    );
    const names = fitted.features.map(({ name }) => name);
    require(new Set(names).size === names.length, `Two features have one name: ${names.join(", ")}.`);
    for (const { name, sources } of fitted.features) {
      require(name !== "", "A feature has no name.");
      require(sources.length > 0 &&
        sources.every((source) =>
          chain.columns.includes(source),
        ), `The feature "${name}" is made of ${sources.join(", ") || "nothing"}, and the step reads ${chain.columns.join(", ")}.`);
    }
  });

  law("same seed, same file; refit forgets", async () => {
    const frame = stepTable(400, 1, false);
    const context = stepContext(classTarget(400, 3), { rowIds: countUp(400) });
    const fitted = await fitFeatures([chain], frame, context);
    const first = bytesOf(fitted, frame);
    await fitFeatures([chain], stepTable(50, 7, true), stepContext(classTarget(50, 3)));
    requireSame(bytesOf(await fitFeatures([chain], frame, context), frame), first, "The files of two fits");
    requireSame(bytesOf(fitted, frame), first, "The files of one fit, asked twice,");
  });

  law("the order of rows changes nothing", async () => {
    const frame = stepTable(400, 1, false);
    const target = classTarget(400, 3);
    const fitted = await fitFeatures([chain], frame, stepContext(target, { rowIds: countUp(400) }));
    const order = createRandom(4).shuffle(countUp(400));
    const codes = Int32Array.from(order, (row) => target.codes[row]!);
    const context = stepContext({ ...target, codes }, { rowIds: order });
    const again = await fitFeatures([chain], takeRows(frame, order), context);
    const p = fitted.features.length;
    const [before, after] = [rowMajor(fitted.matrix), rowMajor(again.matrix)];
    const expected = Float64Array.from(after, (_, i) => before[order[Math.floor(i / p)]! * p + (i % p)]!);
    // Sums in another order differ in their last bits.
    requireNear(after, expected, 1e-9, placeIn(again));
  });

  law("weight 0 is as if the row were absent", async () => {
    const frame = stepTable(400, 1, false);
    const target = classTarget(400, 3);
    const weight = Float64Array.from({ length: 400 }, (_, row) => (row % 4 === 0 ? 0 : 1 + (row % 3)));
    const present = countUp(400).filter((row) => weight[row]! > 0);
    const whole = await fitFeatures([chain], frame, stepContext(target, { weight }));
    const codes = target.codes.filter((_, row) => weight[row]! > 0);
    const context = stepContext(
      { ...target, codes },
      { weight: weight.filter((w) => w > 0), rowIds: present },
    );
    const part = await fitFeatures([chain], takeRows(frame, present), context);
    requireSame(bytesOf(whole, frame), bytesOf(part, frame), "The files with and without those rows");
    const p = part.features.length;
    const [all, some] = [rowMajor(whole.matrix), rowMajor(part.matrix)];
    const kept = Float64Array.from(some, (_, i) => all[present[Math.floor(i / p)]! * p + (i % p)]!);
    requireNear(kept, some, 0, placeIn(part));
  });

  law("no value of fewer than 5 rows is in the file", async () => {
    const frame = stepTable(400, 1, false);
    const bytes = bytesOf(await fitFeatures([chain], frame, stepContext(numberTarget(400))), frame);
    const rare = rareValues(frame);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at + 8 <= bytes.length; at++) {
      for (const value of [view.getFloat64(at, true), view.getFloat32(at, true)])
        require(!rare.numbers.has(
          value,
        ), `The file holds the number ${value}, which fewer than 5 rows hold.`);
    }
    const text = Buffer.from(bytes);
    for (const value of rare.strings)
      require(!text.includes(value), `The file holds "${value}", which fewer than 5 rows hold.`);
  });
  return checks;
}

function chainOfStep(step: Encoder | Transform | Chain | Union, columnCount = Infinity): Chain | Union {
  if ("encoder" in step || "chains" in step) return step;
  if ("accepts" in step) return chainOf(columnsOfKinds(step.accepts).slice(0, columnCount), step);
  const [first, ...more] = columnsOfKinds(["number"])
    .slice(0, columnCount)
    .map((name) => new ColumnRef(name, "number"));
  return numbers(first!, ...more).pipe(step);
}

/** Rows that were fitted on, others, one and none: the file, `transform` and the reference answer the same. */
async function requireAgreement(
  chain: Chain | Union,
  rowCount: number,
  target: StepTarget,
  tolerance: number,
  outOfFold: boolean,
): Promise<void> {
  const frame = stepTable(rowCount, 1, false);
  const fitted = await fitFeatures([chain], frame, stepContext(target));
  const place = placeIn(fitted);
  for (const other of [
    frame,
    stepTable(150, 2, true),
    stepTable(1, 3, true),
    takeRows(frame, Uint32Array.of(0)),
    takeRows(frame, Uint32Array.of()),
  ]) {
    const file = await served(fitted, other);
    requireNear(file, rowMajor(fitted.reference(other)), tolerance, place);
    requireNear(rowMajor(await fitted.transform(other)), file, 0, place);
  }
  // What learns from the target trains on values out of fold.
  if (!outOfFold) requireNear(rowMajor(fitted.matrix), await served(fitted, frame), 0, place);
  for (const column of fitted.matrix.columns)
    require(column.length ===
      rowCount, `A training column has ${column.length} values for ${rowCount} rows.`);
}

/** The file, simplified as models are. */
function bytesOf(fitted: FittedFeatures, frame: Frame): Uint8Array {
  const inputs = graphInputs(frame.schema, fitted.columns);
  return writeOnnx(simplify(graph({ inputs: [...inputs.values()], outputs: { x: fitted.emit(inputs) } })));
}

/** Rows × features by running the file's bytes. */
async function served(fitted: FittedFeatures, frame: Frame): Promise<Float64Array> {
  const session = await compile(bytesOf(fitted, frame));
  const { x } = await session.run(feedsOf(frame, fitted.columns));
  await session.release();
  requireSame(x!.shape, [frame.rowCount, fitted.features.length], "The shape of the answer and the features");
  return x!.data as Float64Array;
}

function rowMajor(matrix: Matrix): Float64Array {
  const p = matrix.columns.length;
  const out = new Float64Array(matrix.rowCount * p);
  matrix.columns.forEach((column, j) => column.forEach((value, i) => (out[i * p + j] = value)));
  return out;
}

const placeIn =
  ({ features }: FittedFeatures) =>
  (i: number): string =>
    `Row ${Math.floor(i / features.length)} of "${features[i % features.length]!.name}"`;

const countUp = (length: number): Uint32Array => Uint32Array.from({ length }, (_, i) => i);
