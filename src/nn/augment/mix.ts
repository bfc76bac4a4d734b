/**
 * Rows of a batch mixed with each other, their targets in the same shares.
 *
 * mixup blends two samples, cutmix puts a rectangle of one image into another. The share is drawn from a beta
 * distribution, for each row of its own. Sources: Zhang et al. 2018, "mixup"; Yun et al. 2019, "CutMix".
 */
import { MillwrightError, type Random, resolveParameters } from "../../core/index.ts";
import type { Batch } from "../training/index.ts";

const parameters = {
  alpha: {
    type: "number",
    default: 0.2,
    min: 0.01,
    max: 100,
    meaning: "both parameters of the beta distribution: small for shares near 0 and 1, 1 for all alike",
  },
} as const;

const layout = {
  type: "choice",
  default: "channelsFirst",
  choices: ["channelsFirst", "channelsLast"],
  meaning: "images as [channels, height, width] or as [height, width, channels]",
} as const;

/** How rows are mixed, as JSON holds it. */
export type Mix =
  | { readonly kind: "mixup"; readonly alpha: number }
  | {
      readonly kind: "cutmix";
      readonly alpha: number;
      readonly layout: "channelsFirst" | "channelsLast";
    };

/** Blends samples of any shape. */
export function mixup(given: { readonly alpha?: number } = {}): Mix {
  return { kind: "mixup", ...resolveParameters("mixup", parameters, given) };
}

/** Puts a rectangle of one image into another. */
export function cutmix(
  given: { readonly alpha?: number; readonly layout?: "channelsFirst" | "channelsLast" } = {},
): Mix {
  return {
    kind: "cutmix",
    ...resolveParameters("cutmix", { ...parameters, layout }, { alpha: 1, ...given }),
  } as Mix;
}

type Floats = Float32Array | Float64Array;

export interface MixedRows {
  /** Shape [rows, …]. */
  readonly data: Floats;
  readonly shape: readonly number[];
  /** Shape [rows, classes]: 1 at each row's class, or shares. */
  readonly targets: Floats;
  /** Weight of each row, or of each position of each row. Default 1. */
  readonly weight?: Float32Array;
}

/**
 * Mixes each row with another. Rows of weight 0 stay as they are, and no other is mixed with one.
 *
 * @param random - Of the batch: `rowRandom(seed, epoch, batch)`, or what the loader gives.
 * @returns New data and targets; a row whose partner is itself stays as it is.
 * @throws MillwrightError `PARAMETER_UNKNOWN`, `PARAMETER_RANGE`, `SHAPE_MISMATCH`.
 */
export function mixRows(given: MixedRows, mix: Mix, random: Random): MixedRows {
  const { data, shape, targets, weight } = given;
  const { alpha } = settled(mix);
  const rows = shape[0] ?? 0;
  const length = shape.slice(1).reduce((product, size) => product * size, 1);
  const classes = targets.length / rows;
  if (rows < 1 || rows * length !== data.length || !Number.isInteger(classes) || classes < 1) {
    throw new MillwrightError(
      "SHAPE_MISMATCH",
      `${mix.kind} was given ${data.length} values in the shape [${shape.join(", ")}] and ${targets.length} targets.`,
      "Give data [rows, …] and targets [rows, classes].",
    );
  }
  if (mix.kind === "cutmix" && shape.length !== 4) {
    throw new MillwrightError(
      "SHAPE_MISMATCH",
      `cutmix takes images, and was given rows of the shape [${shape.slice(1).join(", ")}].`,
      "Use mixup.",
    );
  }
  const counting = countingRows(rows, weight, mix);
  const partners = random.child("partners").shuffle(counting.slice());
  const out = { ...given, data: data.slice(), targets: targets.slice() };
  for (const [at, row] of counting.entries()) {
    const own = random.child(row);
    const partner = partners[at]!;
    const share = drawBeta(alpha, own);
    const other = data.subarray(partner * length, (partner + 1) * length);
    const mine = out.data.subarray(row * length, (row + 1) * length);
    const left =
      mix.kind === "mixup"
        ? blend(mine, other, share)
        : cut(mine, other, shape.slice(1), mix.layout, share, own);
    const label = targets.subarray(partner * classes, (partner + 1) * classes);
    blend(out.targets.subarray(row * classes, (row + 1) * classes), label, left);
  }
  return out;
}

/** Numbers of the rows that have a weight. */
function countingRows(rows: number, weight: Float32Array | undefined, { kind }: Mix): Uint32Array {
  const all = Uint32Array.from({ length: rows }, (_, row) => row);
  if (weight === undefined) return all;
  const each = weight.length / rows;
  if (!Number.isInteger(each) || each < 1) {
    throw new MillwrightError(
      "SHAPE_MISMATCH",
      `${kind} was given ${rows} rows and ${weight.length} weights.`,
      "Give one a row, or one for each position of each row.",
    );
  }
  return all.filter((row) => weight.subarray(row * each, (row + 1) * each).some((w) => w !== 0));
}

function settled(mix: Mix): { readonly alpha: number } {
  const { kind, ...given } = mix;
  if (kind === "mixup") return resolveParameters(kind, parameters, given);
  if (kind === "cutmix") return resolveParameters(kind, { ...parameters, layout }, given);
  throw new MillwrightError(
    "PARAMETER_UNKNOWN",
    `There is no way of mixing ${JSON.stringify(kind)}.`,
    "Choose mixup or cutmix.",
  );
}

/**
 * Mixing for `arrayLoader({ mix })`: an input and the target of each batch; rows that only fill it up and others of
 * weight 0 stay as they are, and take no part.
 *
 * @param input - Its name, where the network has several.
 * @throws MillwrightError `PARAMETER_*`; at the first batch `PARAMETER_MISSING` where the input is not told,
 *   `DTYPE_MISMATCH` where input or target are no floats.
 */
export function mixing(mix: Mix, input?: string): (batch: Batch, random: Random) => Batch {
  settled(mix);
  return (batch, random) => {
    const names = Object.keys(batch.inputs);
    const name = input ?? (names.length === 1 ? names[0]! : "");
    const tensor = batch.inputs[name];
    if (tensor === undefined) {
      throw new MillwrightError(
        "PARAMETER_MISSING",
        `${mix.kind} was given batches of the inputs ${names.join(", ")}, and no such name as "${name}".`,
        "Say which one is mixed.",
      );
    }
    const [data, targets] = [tensor.data, batch.target.data];
    if (!isFloats(data) || !isFloats(targets)) {
      throw new MillwrightError(
        "DTYPE_MISMATCH",
        `${mix.kind} takes floats, and the input is ${tensor.dtype}, the target ${batch.target.dtype}.`,
        "Give targets as shares of the classes, and a loss with { soft: true }.",
      );
    }
    const count = batch.rows.length;
    const size = data.length / tensor.shape[0]!;
    const classes = targets.length / batch.target.shape[0]!;
    const positions = batch.weight.length / tensor.shape[0]!;
    const mixed = mixRows(
      {
        data: data.subarray(0, count * size),
        shape: [count, ...tensor.shape.slice(1)],
        targets: targets.subarray(0, count * classes),
        weight: batch.weight.subarray(0, count * positions),
      },
      mix,
      random,
    );
    const [newData, newTargets] = [data.slice(), targets.slice()];
    newData.set(mixed.data);
    newTargets.set(mixed.targets);
    return {
      ...batch,
      inputs: { ...batch.inputs, [name]: { ...tensor, data: newData } },
      target: { ...batch.target, data: newTargets },
    };
  };
}

function isFloats(data: unknown): data is Floats {
  return data instanceof Float32Array || data instanceof Float64Array;
}

/** Leaves `share` of the first and adds the rest of the second; returns the share. */
export function blend(mine: Floats, other: Floats, share: number): number {
  for (let i = 0; i < mine.length; i++) mine[i] = share * mine[i]! + (1 - share) * other[i]!;
  return share;
}

/**
 * Puts a rectangle of the second image into the first, its area 1 − share before it is cut off at the edges.
 *
 * @param shape - As the layout has it.
 * @returns The share of the first image's pixels that are left.
 */
export function cut(
  mine: Floats,
  other: Floats,
  shape: readonly number[],
  layout: "channelsFirst" | "channelsLast",
  share: number,
  random: Random,
): number {
  const last = layout === "channelsLast";
  const [height, width] = (last ? shape : shape.slice(1)) as [number, number];
  // Values side by side in a pixel, and pictures one behind the other.
  const [together, planes] = last ? [shape[2]!, 1] : [1, shape[0]!];
  const side = Math.sqrt(1 - share);
  const [middleX, middleY] = [random.integer(width), random.integer(height)];
  const within = (value: number, most: number): number => Math.max(0, Math.min(most, Math.round(value)));
  const [left, right] = [
    within(middleX - (side * width) / 2, width),
    within(middleX + (side * width) / 2, width),
  ];
  const [top, bottom] = [
    within(middleY - (side * height) / 2, height),
    within(middleY + (side * height) / 2, height),
  ];
  for (let plane = 0; plane < planes; plane++) {
    for (let y = top; y < bottom; y++) {
      const row = (plane * height + y) * width;
      const [start, end] = [(row + left) * together, (row + right) * together];
      mine.set(other.subarray(start, end), start);
    }
  }
  return 1 - ((right - left) * (bottom - top)) / (width * height);
}

/** A draw of the beta distribution with both parameters the same. */
export function drawBeta(alpha: number, random: Random): number {
  const [a, b] = [drawGamma(alpha, random), drawGamma(alpha, random)];
  // Where both are too small for a number, one of the ends is meant.
  if (!(a + b > 0)) return random.next() < 0.5 ? 0 : 1;
  return a / (a + b);
}

/** A draw of the gamma distribution. Source: Marsaglia & Tsang 2000, ACM TOMS 26(3). */
function drawGamma(shape: number, random: Random): number {
  if (shape < 1) return drawGamma(shape + 1, random) * (1 - random.next()) ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = random.normal();
    const v = (1 + c * x) ** 3;
    if (v <= 0) continue;
    const u = 1 - random.next();
    if (Math.log(u) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}
