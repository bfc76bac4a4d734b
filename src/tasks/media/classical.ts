/** What a network is held against: a random forest on a few plain figures of each row, made by graph nodes. */
import type { Random, Tensor } from "../../core/index.ts";
import type { Fitted } from "../../estimators/index.ts";
import { randomForest } from "../../estimators/trees/index.ts";
import type { Matrix } from "../../features/index.ts";
import { graph, type Value } from "../../graph/index.ts";
import { compile } from "../../runtime/index.ts";
import { inputCells, inputShape, inputType } from "../../schema/index.ts";
import { mediaInput } from "./compose.ts";
import type { MediaColumn, MediaRows } from "./predict-media.ts";

/** The forest, fitted on the figures of the training rows. */
export interface ClassicalModel {
  readonly fitted: Fitted;
  readonly seconds: number;
}

interface ClassicalOptions {
  readonly classCount: number;
  readonly random: Random;
  readonly threads: number;
  readonly signal?: AbortSignal;
}

/** @param figures - From the input to figures, float64 [batch, figures]. */
export async function fitForest(
  { data, codes }: { readonly data: MediaRows; readonly codes: Int32Array },
  column: MediaColumn,
  figures: (input: Value) => Value,
  { classCount, random, threads, signal }: ClassicalOptions,
): Promise<ClassicalModel> {
  const began = performance.now();
  const x = await figuresMatrix(data, column, figures);
  const y = { kind: "classification", classCount, codes } as const;
  const family = randomForest({ trees: 200 });
  const fitted = await family.fit({ x, y }, { random, threads, ...(signal && { signal }) });
  return { fitted, seconds: (performance.now() - began) / 1000 };
}

const blockRows = 64;

async function figuresMatrix(
  data: MediaRows,
  column: MediaColumn,
  figures: (input: Value) => Value,
): Promise<Matrix> {
  const size = inputCells(column, 1).length;
  const rowCount = data.length / size;
  const given = mediaInput(column);
  const session = await compile(graph({ inputs: [given], outputs: { figures: figures(given) } }), {
    threads: 1,
  });
  try {
    let columns: Float64Array[] = [];
    for (let start = 0; start < rowCount; start += blockRows) {
      const count = Math.min(blockRows, rowCount - start);
      const block = data.slice(start * size, (start + count) * size);
      const tensor = { dtype: inputType(column), shape: inputShape(column, count), data: block } as Tensor;
      const made = (await session.run({ [column.name]: tensor }))["figures"]!;
      const found = made.data as Float64Array;
      const width = made.shape[1]!;
      if (start === 0) columns = Array.from({ length: width }, () => new Float64Array(rowCount));
      for (let i = 0; i < found.length; i++) columns[i % width]![start + Math.floor(i / width)] = found[i]!;
    }
    const features = columns.map((_, j) => ({
      name: `figure ${j + 1}`,
      sources: [column.name],
      kind: "number" as const,
    }));
    return { rowCount, features, columns };
  } finally {
    await session.release();
  }
}
