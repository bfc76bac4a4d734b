/** The network of tags: its parameters, its scores, and that the filling behind a sentence changes nothing. */
import { expect, test } from "vitest";
import type { Tensor } from "../../core/index.ts";
import * as ops from "../../graph/index.ts";
import { compile } from "../../runtime/index.ts";
import {
  adamw,
  characterRuns,
  crossEntropy,
  fit,
  initialise,
  type RowSource,
  scoringGraph,
  sourceLoader,
  tagger,
  type Weights,
} from "../index.ts";

const sizes = { words: 9, characters: 5, characterPlaces: 3, flags: 2, classes: 3 };
const small = { ...sizes, size: 8, characterSize: 4, filters: 4, units: 8 };

/** Sentences of word codes; characters and flags follow from the code. */
function inputsOf(sentences: readonly (readonly number[])[], places: number): Record<string, Tensor> {
  const shape = [sentences.length, places];
  const word = Int32Array.from(
    sentences.flatMap((codes) => Array.from({ length: places }, (_, k) => codes[k] ?? 0)),
  );
  return {
    word: { dtype: "int32", shape, data: word },
    characters: {
      dtype: "int32",
      shape: [...shape, 3],
      data: Int32Array.from([...word].flatMap((code) => [code % 5, (code * 2) % 5, 0])),
    },
    flags: {
      dtype: "float32",
      shape: [...shape, 2],
      data: Float32Array.from([...word].flatMap((code) => [code % 2, Number(code > 4)])),
    },
  };
}

async function scoresOf(weights: Weights, sentences: readonly (readonly number[])[], places: number) {
  const session = await compile(scoringGraph(tagger({ ...small, places }), weights), { threads: 1 });
  try {
    return (await session.run(inputsOf(sentences, places)))["scores"]!;
  } finally {
    await session.release();
  }
}

test("the same weights read sentences of any number of places, and places behind the end change nothing within 1e-6", async () => {
  const weights = initialise(tagger({ ...small, places: 4 }), { seed: 1 });
  expect(Object.keys(weights).map((path) => path.split(".")[0])).toEqual(
    expect.arrayContaining(["words", "characters", "spelling", "read", "scores"]),
  );
  const narrow = await scoresOf(weights, [[1, 2, 3]], 4);
  const wide = await scoresOf(
    weights,
    [
      [1, 2, 3],
      [4, 5, 6, 7, 8, 1],
    ],
    7,
  );
  expect(narrow.shape).toEqual([1, 4, 3]);
  expect(wide.shape).toEqual([2, 7, 3]);
  for (let i = 0; i < 3 * 3; i++)
    expect(Math.abs(Number(narrow.data[i]) - Number(wide.data[i]))).toBeLessThan(1e-6);
});

test("runs of three characters are hashed with all three, as in plain integers", async () => {
  const codes = [3, 1, 4, 1, 5, 0, 0, 2, 3, 1, 4, 0];
  const buckets = 4096;
  const x = ops.input("x", "int64", ["batch", 2, 6]);
  const session = await compile(ops.graph({ inputs: [x], outputs: { runs: characterRuns(x, buckets) } }), {
    threads: 1,
  });
  try {
    const data = BigInt64Array.from(codes, BigInt);
    const { runs } = await session.run({ x: { dtype: "int64", shape: [1, 2, 6], data } });
    const at = (token: number, k: number): number => (k < 0 || k > 5 ? 0 : codes[token * 6 + k]!);
    const wanted = codes.map((_, i) => {
      const [token, k] = [Math.floor(i / 6), i % 6];
      return ((at(token, k - 1) * 1009 + at(token, k)) * 1009 + at(token, k + 1)) % buckets;
    });
    expect([...(runs!.data as BigInt64Array)].map(Number)).toEqual(wanted);
    expect(new Set(wanted.slice(0, 5)).size).toBe(5);
  } finally {
    await session.release();
  }
});

test("learns tags that only the neighbour before tells", async () => {
  // Class 1 or 2 after word 7 or 8, else 0.
  const places = 5;
  const sentences = Array.from({ length: 60 }, (_, i) =>
    Array.from({ length: 2 + (i % 4) }, (__, k) => 1 + ((i * 5 + k * k * 3 + i * k) % 8)),
  );
  const tagsOf = (codes: readonly number[]): number[] =>
    codes.map((_, k) => (codes[k - 1] === 7 ? 1 : codes[k - 1] === 8 ? 2 : 0));
  const source: RowSource = {
    rowCount: sentences.length,
    description: {},
    read(rows) {
      const taken = [...rows].map((row) => sentences[row]!);
      const filled = taken.map(tagsOf);
      const at = <T>(of: (row: number, k: number) => T): T[] =>
        taken.flatMap((_, row) => Array.from({ length: places }, (__, k) => of(row, k)));
      return {
        inputs: inputsOf(taken, places),
        target: {
          dtype: "int64",
          shape: [rows.length, places],
          data: BigInt64Array.from(
            at((row, k) => filled[row]![k] ?? 0),
            BigInt,
          ),
        },
        weight: Float32Array.from(at((row, k) => Number(k < taken[row]!.length))),
      };
    },
  };
  const net = tagger({ ...small, places, dropout: 0.1, wordDropout: 0 });
  const { weights } = await fit(net, initialise(net, { seed: 3 }), {
    train: sourceLoader(source, { batchSize: 20, seed: 1 }),
    loss: crossEntropy(),
    optimiser: adamw({ learningRate: 0.02 }),
    epochs: 40,
    seed: 1,
  });
  const scores = (await scoresOf(weights, sentences, places)).data as Float32Array;
  const wrong = sentences.flatMap((codes, row) =>
    tagsOf(codes).filter((tag, k) => {
      const own = scores.subarray((row * places + k) * 3, (row * places + k + 1) * 3);
      return own.indexOf(Math.max(...own)) !== tag;
    }),
  );
  expect(wrong).toEqual([]);
});
