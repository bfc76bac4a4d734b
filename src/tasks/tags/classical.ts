/**
 * What the network is held against: logistic regression on each token and its neighbours.
 *
 * A token's features are the words two places around, its runs of three characters and its first three, spread over
 * buckets, and the flags of itself and its neighbours. In the file the weights are a table: a token's scores are the sum
 * of the rows that its features name.
 */
import type { Random, Tensor } from "../../core/index.ts";
import { logistic } from "../../estimators/linear/index.ts";
import { sparseMatrix } from "../../features/index.ts";
import * as ops from "../../graph/index.ts";
import type { Value } from "../../graph/index.ts";
import { characterRuns } from "../../nn/index.ts";
import { compile } from "../../runtime/index.ts";
import { flagCount, type TokenCodes, wordCount } from "./token-codes.ts";
import type { CodedRows } from "./coded-rows.ts";

/** Words this far to either side are read, and flags one place to either side. */
const reach = 2;
const flagReach = 1;
const buckets = 8192;
const l2 = 1;
/** As far as tags can be told apart; the optimum itself takes ten times as long. */
const tolerance = 1e-5;

export interface ClassicalTagger {
  /** Weights [features + 1, classes] of named features, the last row of zeros for what is not there. */
  readonly table: Float32Array;
  /** Weights [flags of all places, classes]. */
  readonly flags: Float32Array;
  readonly constants: Float32Array;
  readonly classCount: number;
  readonly features: number;
  readonly summary: ReturnType<typeof summaryOf>;
  readonly seconds: number;
}

const summaryOf = (features: number) => ({ features, l2 });

const namedFeatures = (codes: TokenCodes): number => (2 * reach + 1) * wordCount(codes) + 2 * buckets;

/** Features by name and flags, by graph nodes: `ids` int64 [batch, places, ids], `flags` float32 [batch, places, flags]. */
function windowFeatures(
  read: { readonly word: Value; readonly characters: Value; readonly flags: Value },
  places: number,
  codes: TokenCodes,
): { readonly ids: Value; readonly flags: Value } {
  const words = wordCount(codes);
  const absent = namedFeatures(codes);
  const one = (number: number): Value => ops.scalar("int64", number);
  const word = ops.cast(read.word, "int64");
  const around = ops.pad(word, [0, reach, 0, reach]);
  const ids: Value[] = [];
  for (let k = 0; k <= 2 * reach; k++) {
    const near = ops.slice(around, [k], [k + places], [1]);
    ids.push(ops.unsqueeze(ops.add(near, k * words), [2]));
  }
  const letters = ops.cast(read.characters, "int64");
  const first = (2 * reach + 1) * words;
  const run = characterRuns(letters, buckets);
  const runs = ops.add(run, first);
  const there = ops.greater(letters, one(0));
  ids.push(ops.where(there, runs, one(absent)));
  // The run around the second character is the token's first three.
  const start = ops.slice(run, [1], [2], [2]);
  const begins = ops.add(start, first + buckets);
  ids.push(ops.where(ops.slice(there, [0], [1], [2]), begins, one(absent)));
  const marks = ops.pad(read.flags, [0, flagReach, 0, 0, flagReach, 0]);
  const flags = Array.from({ length: 2 * flagReach + 1 }, (_, k) => ops.slice(marks, [k], [k + places], [1]));
  return { ids: ops.concat(ids, 2), flags: ops.concat(flags, 2) };
}

/** Scores float32 [batch, places, classes]. */
export function emitClassical(
  model: ClassicalTagger,
  read: { readonly word: Value; readonly characters: Value; readonly flags: Value },
  places: number,
  codes: TokenCodes,
): Value {
  const { ids, flags } = windowFeatures(read, places, codes);
  const { table, classCount, features, constants } = model;
  const matrix = (data: Float32Array, rows: number): Value =>
    ops.constant({ dtype: "float32", shape: [rows, classCount], data });
  const named = ops.reduceSum(ops.gather(matrix(table, features + 1), ids, 0), { axes: [2] });
  const marked = ops.matMul(flags, matrix(model.flags, model.flags.length / classCount));
  return ops.add(ops.add(named, marked), matrix(constants, 1));
}

/** Fits on the tokens of all sentences. */
export async function fitClassicalTagger(
  rows: CodedRows,
  codes: TokenCodes,
  classCount: number,
  {
    random,
    threads,
    signal,
  }: { readonly random: Random; readonly threads: number; readonly signal?: AbortSignal },
): Promise<ClassicalTagger> {
  const began = performance.now();
  const features = namedFeatures(codes);
  const flagColumns = (2 * flagReach + 1) * flagCount;
  const columnCount = features + flagColumns;
  const starts: number[] = [0];
  const index: number[] = [];
  const values: number[] = [];
  const targets: number[] = [];
  for await (const { ids, flags, tags } of featuresOf(rows, codes)) {
    const width = ids.length / tags.length;
    tags.forEach((tag, i) => {
      if (tag < 0) return;
      const counts = new Map<number, number>();
      for (const id of ids.subarray(i * width, (i + 1) * width)) {
        const column = Number(id);
        if (column < features) counts.set(column, (counts.get(column) ?? 0) + 1);
      }
      flags.subarray(i * flagColumns, (i + 1) * flagColumns).forEach((flag, k) => {
        if (flag !== 0) counts.set(features + k, flag);
      });
      for (const column of [...counts.keys()].sort((a, b) => a - b)) {
        index.push(column);
        values.push(counts.get(column)!);
      }
      starts.push(index.length);
      targets.push(tag);
    });
  }
  const x = sparseMatrix(
    Array.from({ length: columnCount }, (_, j) => ({
      name: `feature ${j}`,
      sources: ["tokens"],
      kind: "number" as const,
    })),
    {
      columnCount,
      starts: Uint32Array.from(starts),
      index: Uint32Array.from(index),
      values: Float64Array.from(values),
    },
  );
  const y = { kind: "classification", classCount, codes: Int32Array.from(targets) } as const;
  const { coefficients, intercepts } = await logistic({ l2, tolerance }).fit(
    { x, y },
    { random, threads, ...(signal && { signal }) },
  );
  const table = new Float32Array((features + 1) * classCount);
  const flags = new Float32Array(flagColumns * classCount);
  const present = [...new Set(targets)].sort((a, b) => a - b);
  // A class without a row is never answered.
  const constants = new Float32Array(classCount).fill(-100);
  const only = coefficients.length === 1 && present.length === 2;
  present.forEach((k, at) => {
    // Of two classes one row tells the second against the first.
    const own = only ? (at === 0 ? undefined : coefficients[0]) : coefficients[at];
    constants[k] = only ? (at === 0 ? 0 : intercepts[0]!) : intercepts[at]!;
    own?.forEach((weight, j) => {
      if (j < features) table[j * classCount + k] = weight;
      else flags[(j - features) * classCount + k] = weight;
    });
  });
  return {
    table,
    flags,
    constants,
    classCount,
    features,
    summary: summaryOf(columnCount),
    seconds: (performance.now() - began) / 1000,
  };
}

interface FeatureBlock {
  readonly ids: BigInt64Array;
  readonly flags: Float32Array;
  /** Class of each place, −1 where there is no token. */
  readonly tags: Int32Array;
}

const blockRows = 128;

async function* featuresOf(rows: CodedRows, codes: TokenCodes): AsyncGenerator<FeatureBlock> {
  const { places, rowCount } = rows;
  const read = {
    word: ops.input("word", "int32", ["batch", places]),
    characters: ops.input("characters", "int32", ["batch", places, codes.characterPlaces]),
    flags: ops.input("flags", "float32", ["batch", places, flagCount]),
  };
  const outputs = windowFeatures(read, places, codes);
  const session = await compile(
    ops.graph({
      inputs: Object.values(read),
      outputs: { ids: outputs.ids, marks: outputs.flags },
    }),
    { threads: 1 },
  );
  try {
    for (let at = 0; at < rowCount; at += blockRows) {
      const block = Uint32Array.from({ length: Math.min(blockRows, rowCount - at) }, (_, i) => at + i);
      const { inputs, tags } = rows.take(block);
      const answers: Readonly<Record<string, Tensor>> = await session.run(inputs);
      yield {
        ids: answers["ids"]!.data as BigInt64Array,
        flags: answers["marks"]!.data as Float32Array,
        tags,
      };
    }
  } finally {
    await session.release();
  }
}
