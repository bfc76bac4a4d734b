/** The one file: sentences of tokens in, a tag and probabilities a token out, with golden sentences that nobody wrote. */
import type { Tensor } from "../../core/index.ts";
import * as ops from "../../graph/index.ts";
import type { Value } from "../../graph/index.ts";
import type { ModelMetadata } from "../../model/index.ts";
import { type ComposedModel, composedOf } from "../../pipeline/index.ts";
import { compile } from "../../runtime/index.ts";
import type { Schema } from "../../schema/index.ts";
import { emitTagCodes, outsideCode, type TagOrder } from "./decide.ts";
import { emitTokenCodes, type TokenCodes } from "./token-codes.ts";

/** Name of the input and of the answer. */
export const tokensColumn = "tokens";
export const target = "tag";

export interface TagModelParts {
  readonly codes: TokenCodes;
  readonly places: number;
  /** O first. */
  readonly classes: readonly string[];
  /** Which tag may stand behind which. */
  readonly order: TagOrder;
  /** Taken off the score of O. */
  readonly offset: number;
  /** From codes [batch, places, ..] to scores [batch, places, classes]. */
  readonly emit: (read: { readonly word: Value; readonly characters: Value; readonly flags: Value }) => Value;
  readonly about: Required<Pick<ModelMetadata, "card" | "data" | "recipe">>;
}

/** Invented sentences with what tokens can be: capitals, digits, signs, other scripts, and words that nobody knows. */
const golden = [
  "Ada met Mr. Lovelace in New Brookfield .",
  "@someone RT : http://example.com/a #monday 3:15 pm",
  "x",
  "ÉCOLE naïve 東京 Москва don't state-of-the-art 1,000 !",
];

export async function composeTags(parts: TagModelParts): Promise<ComposedModel> {
  const { codes, places, classes, order, offset, emit, about } = parts;
  const tokens = ops.input(tokensColumn, "string", ["batch", places]);
  const flat = emitTokenCodes(ops.reshape(tokens, ops.int64s([-1])), codes);
  const shaped = (value: Value, ...rest: readonly number[]): Value =>
    ops.reshape(value, ops.int64s([-1, places, ...rest]));
  const scores = emit({
    word: shaped(flat.word),
    characters: shaped(flat.characters, codes.characterPlaces),
    flags: shaped(flat.flags, flat.flags.shape[1] as number),
  });
  const lowered = Float64Array.from(classes, (_, code) => (code === outsideCode ? offset : 0));
  const decided = ops.sub(
    ops.cast(scores, "float64"),
    ops.constant({ dtype: "float64", shape: [classes.length], data: lowered }),
  );
  const probabilities = ops.softmax(decided, 2);
  const text = (data: readonly string[]): Value =>
    ops.constant({ dtype: "string", shape: [data.length], data });
  const absent = ops.equal(tokens, text([""]));
  const present = ops.sub(ops.scalar("float64", 1), ops.cast(absent, "float64"));
  const tags = emitTagCodes(decided, present, { classes, places, order });
  const prediction = ops.where(absent, text([""]), ops.gather(text(classes), tags, 0));
  const whole = ops.simplify(ops.graph({ inputs: [tokens], outputs: { prediction, probabilities } }));
  const schema: Schema = {
    columns: [
      { name: tokensColumn, kind: "tokens", role: "feature", places },
      { name: target, kind: "category", role: "target", labels: classes, answers: "tags" },
    ],
  };
  return composedOf(whole, {
    schema,
    task: { kind: "tags", target },
    classes,
    golden: await answerGolden(ops.writeOnnx(whole), places),
    ...about,
  });
}

async function answerGolden(bytes: Uint8Array, places: number): Promise<ModelMetadata["golden"]> {
  const sentences = golden.map((text) => text.split(" ").slice(0, places));
  const session = await compile(bytes, { threads: 1 });
  try {
    const data = sentences.flatMap((sentence) => Array.from({ length: places }, (_, k) => sentence[k] ?? ""));
    const tensor: Tensor = { dtype: "string", shape: [sentences.length, places], data };
    const { prediction } = await session.run({ [tokensColumn]: tensor });
    const tags = prediction!.data as readonly string[];
    return {
      inputs: { [tokensColumn]: sentences.map((sentence) => sentence.join(" ")) },
      prediction: sentences.map(({ length }, i) => tags.slice(i * places, i * places + length).join(" ")),
    };
  } finally {
    await session.release();
  }
}

/** Sentences of a run. */
const blockRows = 64;

/**
 * Logarithms of a file's probabilities: scores up to a constant a token.
 *
 * @param tokens - Sentences of at most `places` tokens.
 * @returns Row-major [sentences, places, classes].
 */
export async function logProbabilities(
  bytes: Uint8Array,
  tokens: readonly (readonly string[])[],
  places: number,
): Promise<Float64Array> {
  const session = await compile(bytes, { threads: 1 });
  const parts: Float64Array[] = [];
  try {
    for (let at = 0; at < tokens.length; at += blockRows) {
      const block = tokens.slice(at, at + blockRows);
      const data = block.flatMap((sentence) => Array.from({ length: places }, (_, k) => sentence[k] ?? ""));
      const feeds = { [tokensColumn]: { dtype: "string", shape: [block.length, places], data } } as const;
      const { probabilities } = await session.run(feeds, ["probabilities"]);
      parts.push((probabilities!.data as Float64Array).map(Math.log));
    }
  } finally {
    await session.release();
  }
  const all = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
