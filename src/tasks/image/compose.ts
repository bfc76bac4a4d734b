/** The one file: bytes of pictures in, label and probabilities out, with golden pictures that no camera took. */
import type { Random } from "../../core/index.ts";
import {
  argMax,
  constant,
  gather,
  graph,
  input,
  simplify,
  type Value,
  writeOnnx,
} from "../../graph/index.ts";
import { encodeMetadata, type ModelMetadata } from "../../model/index.ts";
import { batchOf, type ComposedModel } from "../../pipeline/index.ts";
import { compile } from "../../runtime/index.ts";
import type { Schema } from "../../schema/index.ts";
import type { PictureSize } from "./read-pictures.ts";

export interface PictureModelParts {
  readonly size: PictureSize;
  /** Name of the answer. */
  readonly target: string;
  readonly classes: readonly string[];
  /** Share of each class in training: what doing nothing answers. */
  readonly constant: Float64Array;
  /** From uint8 [batch, height, width, channels] to probabilities, float64 [batch, classes]. */
  emit(image: Value): Value;
  readonly about: Required<Pick<ModelMetadata, "card" | "data" | "recipe">>;
  readonly random: Random;
}

/** Name of the input. */
export const imageColumn = "image";

/** Composes the graph and answers its golden pictures by running it. */
export async function composePictures(parts: PictureModelParts): Promise<ComposedModel> {
  const { size, target, classes, about } = parts;
  const { height, width, channels } = size;
  const image = input(imageColumn, "uint8", ["batch", height, width, channels]);
  const probabilities = parts.emit(image);
  const labels = constant({ dtype: "string", shape: [classes.length], data: classes });
  const winner = argMax(probabilities, { axis: 1, keepDims: true });
  const outputs = { prediction: gather(labels, winner), probabilities };
  const whole = simplify(graph({ inputs: [image], outputs }));
  const schema: Schema = {
    columns: [
      { name: imageColumn, kind: "image", role: "feature", height, width, channels, fit: "cover" },
      { name: target, kind: "category", role: "target", labels: classes },
    ],
  };
  const metadata = {
    ...batchOf(whole),
    schema,
    task: { kind: "multiclass", target, constant: [...parts.constant] } as const,
    classes,
    golden: await answerGolden(writeOnnx(whole), size, parts.random.child("golden pictures")),
    ...about,
  };
  return {
    write: (metrics) =>
      writeOnnx(whole, { metadata: encodeMetadata({ ...metadata, ...(metrics && { metrics }) }) }),
  };
}

/** Black, a slope from left to right, and noise. */
async function answerGolden(
  bytes: Uint8Array,
  { height, width, channels }: PictureSize,
  random: Random,
): Promise<ModelMetadata["golden"]> {
  const length = height * width * channels;
  const slope = Uint8Array.from({ length }, (_, i) =>
    Math.floor((255 * (Math.floor(i / channels) % width)) / width),
  );
  const noise = Uint8Array.from({ length }, () => random.integer(256));
  const pictures = [new Uint8Array(length), slope, noise];
  const data = new Uint8Array(pictures.length * length);
  pictures.forEach((picture, i) => data.set(picture, i * length));
  const session = await compile(bytes, { threads: 1 });
  try {
    const shape = [pictures.length, height, width, channels];
    const answers = await session.run({ [imageColumn]: { dtype: "uint8", shape, data } });
    const shares = answers["probabilities"]!.data as Float64Array;
    const count = shares.length / pictures.length;
    return {
      inputs: { [imageColumn]: pictures.map((picture) => Buffer.from(picture).toString("base64")) },
      prediction: [...(answers["prediction"]!.data as readonly string[])],
      probabilities: pictures.map((_, i) => [...shares.subarray(i * count, (i + 1) * count)]),
    };
  } finally {
    await session.release();
  }
}
