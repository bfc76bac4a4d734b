/**
 * What a network on pictures is held against: a random forest on a few plain figures of each picture.
 *
 * The figures are made by graph nodes, in training and in a file: means over a grid of 8 × 8 places, how many pixels
 * reach each of seven levels, and how much neighbouring pixels differ.
 */
import type { Random, Tensor } from "../../core/index.ts";
import type { Fitted } from "../../estimators/index.ts";
import { randomForest } from "../../estimators/trees/index.ts";
import type { Matrix } from "../../features/index.ts";
import * as ops from "../../graph/index.ts";
import type { Value } from "../../graph/index.ts";
import { compile } from "../../runtime/index.ts";
import { imageColumn } from "./compose.ts";
import { levels } from "./nets.ts";
import type { PictureSize } from "./read-pictures.ts";

const grid = 8;
const steps = 8;

/** The figures of each picture, float64 [batch, figures]. */
export function pictureFigures(image: Value, { height, width }: PictureSize): Value {
  const x = levels(image);
  const places = ops.flatten(
    ops.averagePool(x, [height / grid, width / grid], { strides: [height / grid, width / grid] }),
    1,
  );
  const reached = Array.from({ length: steps - 1 }, (_, k) =>
    ops.reduceMean(ops.cast(ops.greaterOrEqual(x, (k + 1) / steps), "float32"), { axes: [2, 3] }),
  );
  const change = (axis: 2 | 3, size: number): Value =>
    ops.reduceMean(
      ops.abs(ops.sub(ops.slice(x, [1], [size], [axis]), ops.slice(x, [0], [size - 1], [axis]))),
      { axes: [2, 3] },
    );
  return ops.cast(ops.concat([places, ...reached, change(2, height), change(3, width)], 1), "float64");
}

/** The forest, fitted on the figures of the training pictures. */
export interface ClassicalModel {
  readonly fitted: Fitted;
  readonly seconds: number;
}

export async function fitClassical(
  pixels: Uint8Array,
  codes: Int32Array,
  classCount: number,
  size: PictureSize,
  {
    random,
    threads,
    signal,
  }: { readonly random: Random; readonly threads: number; readonly signal?: AbortSignal },
): Promise<ClassicalModel> {
  const began = performance.now();
  const x = await figuresMatrix(pixels, size);
  const y = { kind: "classification", classCount, codes } as const;
  const family = randomForest({ trees: 200 });
  const fitted = await family.fit({ x, y }, { random, threads, ...(signal && { signal }) });
  return { fitted, seconds: (performance.now() - began) / 1000 };
}

const blockRows = 64;

async function figuresMatrix(pixels: Uint8Array, size: PictureSize): Promise<Matrix> {
  const { height, width, channels } = size;
  const bytes = height * width * channels;
  const rowCount = pixels.length / bytes;
  const image = ops.input(imageColumn, "uint8", ["batch", height, width, channels]);
  const session = await compile(
    ops.graph({ inputs: [image], outputs: { figures: pictureFigures(image, size) } }),
    {
      threads: 1,
    },
  );
  try {
    let columns: Float64Array[] = [];
    for (let start = 0; start < rowCount; start += blockRows) {
      const count = Math.min(blockRows, rowCount - start);
      const data = pixels.slice(start * bytes, (start + count) * bytes);
      const feeds: Record<string, Tensor> = {
        [imageColumn]: { dtype: "uint8", shape: [count, height, width, channels], data },
      };
      const figures = (await session.run(feeds))["figures"]!;
      const found = figures.data as Float64Array;
      const width_ = figures.shape[1]!;
      if (start === 0) columns = Array.from({ length: width_ }, () => new Float64Array(rowCount));
      for (let i = 0; i < found.length; i++) columns[i % width_]![start + Math.floor(i / width_)] = found[i]!;
    }
    const features = columns.map((_, j) => ({
      name: `figure ${j + 1}`,
      sources: [imageColumn],
      kind: "number" as const,
    }));
    return { rowCount, features, columns };
  } finally {
    await session.release();
  }
}
