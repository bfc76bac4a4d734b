/** The one file: rows of pictures or sounds in, label and probabilities out, with golden rows that nobody recorded. */
import type { Tensor } from "../../core/index.ts";
import {
  argMax,
  constant,
  gather,
  graph,
  input,
  resizePictures,
  simplify,
  type Value,
  writeOnnx,
} from "../../graph/index.ts";
import type { ModelMetadata } from "../../model/index.ts";
import { type ComposedModel, composedOf } from "../../pipeline/index.ts";
import { compile } from "../../runtime/index.ts";
import { inputCells, inputShape, inputType, type Schema } from "../../schema/index.ts";
import type { MediaColumn, MediaRows } from "./predict-media.ts";

export interface MediaModelParts {
  /** The input. */
  readonly column: MediaColumn;
  /** Name of the answer. */
  readonly target: string;
  readonly classes: readonly string[];
  /** Share of each class in training: what doing nothing answers. */
  readonly constant: Float64Array;
  /** From the input to probabilities, float64 [batch, classes]. */
  emit(input: Value): Value;
  /** Synthetic rows that prove the file at each load. */
  readonly golden: readonly MediaRows[];
  readonly about: Required<Pick<ModelMetadata, "card" | "data" | "recipe">>;
}

/** The input of a column in a graph that takes rows as they are decoded. */
export const mediaInput = (column: MediaColumn): Value =>
  input(column.name, inputType(column), ["batch", ...inputShape(column, 1).slice(1)]);

/** The input of the file, and what the network sees of it: pictures may have any size. */
function fileInput(column: MediaColumn): { readonly given: Value; readonly seen: Value } {
  if (column.kind !== "image") {
    const given = mediaInput(column);
    return { given, seen: given };
  }
  const given = input(column.name, inputType(column), ["batch", "height", "width", column.channels]);
  return { given, seen: resizePictures(given, column.height, column.width) };
}

/** Composes the graph and answers its golden rows by running it. */
export async function composeMedia(parts: MediaModelParts): Promise<ComposedModel> {
  const { column, target, classes, about } = parts;
  const { given, seen } = fileInput(column);
  const probabilities = parts.emit(seen);
  const labels = constant({ dtype: "string", shape: [classes.length], data: classes });
  const winner = argMax(probabilities, { axis: 1, keepDims: true });
  const outputs = { prediction: gather(labels, winner), probabilities };
  const whole = simplify(graph({ inputs: [given], outputs }));
  const schema: Schema = {
    columns: [column, { name: target, kind: "category", role: "target", labels: classes }],
  };
  return composedOf(whole, {
    schema,
    task: { kind: "multiclass", target, constant: [...parts.constant] },
    classes,
    golden: await answerGolden(writeOnnx(whole), column, parts.golden),
    ...about,
  });
}

async function answerGolden(
  bytes: Uint8Array,
  column: MediaColumn,
  rows: readonly MediaRows[],
): Promise<ModelMetadata["golden"]> {
  const cells = inputCells(column, rows.length) as MediaRows;
  rows.forEach((row, i) => cells.set(row, i * row.length));
  const session = await compile(bytes, { threads: 1 });
  try {
    const tensor = {
      dtype: inputType(column),
      shape: inputShape(column, rows.length),
      data: cells,
    } as Tensor;
    const answers = await session.run({ [column.name]: tensor });
    const shares = answers["probabilities"]!.data as Float64Array;
    const count = shares.length / rows.length;
    return {
      inputs: {
        [column.name]: rows.map((row) =>
          Buffer.from(row.buffer, row.byteOffset, row.byteLength).toString("base64"),
        ),
      },
      prediction: [...(answers["prediction"]!.data as readonly string[])],
      probabilities: rows.map((_, i) => [...shares.subarray(i * count, (i + 1) * count)]),
    };
  } finally {
    await session.release();
  }
}
