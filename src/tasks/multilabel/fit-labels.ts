/**
 * One candidate on one fold: one fit a label against the rest, over features that all labels share.
 *
 * Features do not look at the labels, so that they are the same for each of them and stand once in the file.
 */
import { createRandom, MillwrightError, type Random } from "../../core/index.ts";
import { constantBaseline } from "../../estimators/baseline/index.ts";
import { type Fitted, take } from "../../estimators/index.ts";
import { defaultChains, fitFeatures, type FittedFeatures, graphInputs } from "../../features/index.ts";
import { batchRows, concat, graph, simplify, slice, writeOnnx } from "../../graph/index.ts";
import { type Frame, takeRows } from "../../schema/index.ts";
import { type Candidate, family, type FamilyName, runFragment } from "../../select/index.ts";

export interface FoldOfLabels {
  readonly frame: Frame;
  /** Row-major [rows, labels]. */
  readonly hits: Uint8Array;
  readonly labelCount: number;
  /** Of all rows of the frame. */
  readonly weight?: Float64Array;
  readonly train: Uint32Array;
  readonly test: Uint32Array;
  readonly index: number;
}

export interface LabelsFitted {
  /** Probabilities of the fold's test rows, row-major [rows, labels]. */
  readonly answers: Float64Array;
  /** Columns in, `answer` [batch, labels] out. */
  readonly fragment: Uint8Array;
}

const mostRows = 8192;

/** Fits candidates on one fold; features of a style are fitted once. */
export function labelFitter(
  fold: FoldOfLabels,
  {
    seed,
    threads,
    signal,
    isOver = () => false,
  }: {
    readonly seed: number;
    readonly threads: number;
    readonly signal?: AbortSignal | undefined;
    /** Whether the time is over: then the candidate ends as cancelled, since what its family cut short is no answer. */
    readonly isOver?: () => boolean;
  },
): (candidate: Candidate) => Promise<LabelsFitted> {
  const { frame, hits, labelCount, train, weight } = fold;
  const rows = takeRows(frame, train);
  const known = new Map<string, Promise<FittedFeatures>>();
  const featuresOf = (name: FamilyName, sparse: boolean, random: Random): Promise<FittedFeatures> => {
    const { style } = family(name);
    const key = `${style} ${sparse}`;
    const found =
      known.get(key) ??
      fitFeatures(defaultChains(frame.schema, style, { frame: rows, target: false }), rows, {
        random,
        rowIds: train,
        sparse,
      });
    known.set(key, found);
    return found;
  };
  return async (candidate) => {
    const estimator = family(candidate.family).make(candidate.parameters);
    const features = await featuresOf(
      candidate.family as FamilyName,
      estimator.sparse === true,
      createRandom(seed).child("features").child(fold.index),
    );
    const models: Fitted[] = [];
    for (let k = 0; k < labelCount; k++) {
      const codes = Int32Array.from(train, (row) => hits[row * labelCount + k]!);
      const y = { kind: "classification" as const, classCount: 2, codes };
      const both = codes.includes(0) && codes.includes(1);
      const random = createRandom(seed).child(candidate.name).child(fold.index).child(k);
      const set = { x: features.matrix, y, rowIds: train, ...(weight && { weight: take(weight, train) }) };
      // A label that every row of the fold bears, or none, is answered by its share.
      models.push(
        await (both ? estimator : constantBaseline()).fit(set, {
          random,
          threads,
          ...(signal && { signal }),
        }),
      );
      if (isOver()) {
        throw new MillwrightError(
          "CANCELLED",
          `The time was over when ${candidate.name} had learnt ${k + 1} of ${labelCount} labels.`,
          "Give more --time.",
        );
      }
    }
    const inputs = graphInputs(frame.schema, features.columns);
    const x = features.emit(inputs);
    const answer = concat(
      models.map((model) => slice(model.emit(x), [1], [2], [1])),
      1,
    );
    const whole = simplify(graph({ inputs: [...inputs.values()], outputs: { answer } }));
    const fragment = writeOnnx(whole);
    const asked = takeRows(frame, fold.test);
    const blocks = batchRows(whole, mostRows);
    return { answers: await runFragment(fragment, asked, features.columns, blocks), fragment };
  };
}
