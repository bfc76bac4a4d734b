/**
 * Augmentation: steps one after the other, each with random numbers of its own.
 *
 * What a sample becomes follows from the seed, the epoch, the row and the steps alone: not from the order in which rows
 * come, nor from the thread. A step's random numbers are named by its place, so that how many one draws moves no other's.
 */
import { createRandom, MillwrightError, nearest, type Random } from "../../core/index.ts";
import type { Augment, RowNumbers } from "./change-rows.ts";
import { media, type Medium, type SampleData, type Step, type StepDefinition } from "./step.ts";
import * as steps from "./steps.ts";

/** A maker as a function from any stored step, whatever its parameters. */
type AnyMaker = ((given: Record<string, unknown>) => Step) & { readonly definition: StepDefinition };
const makerOf: ReadonlyMap<string, AnyMaker> = new Map(
  Object.values(steps).map((maker) => [maker.definition.kind, maker as unknown as AnyMaker]),
);

/** Steps made ready. */
export interface Augmentation {
  /** What it works on; undefined without steps, where samples stay as they are. */
  readonly medium: Medium | undefined;
  /** The steps with all their parameters, as JSON holds them. */
  readonly steps: readonly Step[];
  /**
   * Changes a sample.
   *
   * @param data - Row-major; never written to.
   * @param shape - As its medium has it: [height, width, channels], [samples], [bands, frames], [tokens].
   * @param random - Its random numbers: `rowRandom(seed, epoch, row)`.
   * @returns New data, and its shape, which crops and speeds may have changed.
   * @throws MillwrightError `SHAPE_MISMATCH`, `DTYPE_MISMATCH`.
   */
  apply<T extends SampleData>(
    data: T,
    shape: readonly number[],
    random: Random,
  ): { readonly data: T; readonly shape: readonly number[] };
}

/** The random numbers of a row in an epoch. */
export function rowRandom(seed: number, epoch: number, row: number): Random {
  return createRandom(seed).child("augmentation").child(epoch).child(row);
}

/**
 * Makes an augmentation of steps, or of what `JSON.parse` gave for them.
 *
 * @throws MillwrightError `PARAMETER_UNKNOWN` for a kind or a parameter that is not there, `PARAMETER_RANGE`,
 *   `PARAMETER_CONFLICT` for steps of different media.
 */
export function augmentation(recipe: readonly Step[]): Augmentation {
  const settled = recipe.map(({ kind, ...given }) => {
    const maker = makerOf.get(kind);
    if (maker === undefined) {
      const guess = typeof kind === "string" ? nearest(kind, [...makerOf.keys()]) : undefined;
      throw new MillwrightError(
        "PARAMETER_UNKNOWN",
        `There is no step of augmentation ${JSON.stringify(kind)}${guess === undefined ? "" : `; the nearest name is "${guess}"`}.`,
        `Choose from ${[...makerOf.keys()].join(", ")}.`,
      );
    }
    return { step: maker(given), definition: maker.definition };
  });
  const first = settled[0]?.definition;
  const other = settled.find(({ definition }) => definition.medium !== first!.medium)?.definition;
  if (first !== undefined && other !== undefined) {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `${first.kind} works on an ${first.medium === "image" ? "" : "array of "}${first.medium}, and ${other.kind} on ${other.medium}.`,
      "Make an augmentation for each.",
    );
  }
  const medium = first?.medium;
  return {
    medium,
    steps: settled.map(({ step }) => step),
    apply<T extends SampleData>(data: T, shape: readonly number[], random: Random) {
      if (medium !== undefined) requireSample(medium, data, shape);
      let sample: { readonly data: SampleData; readonly shape: readonly number[] } = { data, shape };
      for (const [at, { step, definition }] of settled.entries()) {
        const { kind: _, ...values } = step;
        sample = definition.apply(sample, values as never, random.child(at));
      }
      const changed = sample.data === data ? data.slice() : sample.data;
      return { data: changed as T, shape: sample.shape };
    },
  };
}

/**
 * An augmentation for the `augment` of a loader, which changes a row in its place, in threads where they are asked for.
 *
 * @param shape - Of the row. Steps that change its size are refused when they do.
 */
export function inPlace(change: Augmentation, shape: readonly number[]): Augment {
  const augment = (row: RowNumbers, random: Random): void => {
    const changed = change.apply(row as SampleData, shape, random);
    if (changed.data.length !== row.length) {
      throw new MillwrightError(
        "SHAPE_MISMATCH",
        `The augmentation made [${changed.shape.join(", ")}] of [${shape.join(", ")}], and rows of one size are needed.`,
        "Leave out the step that changes the size, or give it the row's.",
      );
    }
    (row as SampleData).set(changed.data);
  };
  return Object.assign(augment, { recipe: { steps: change.steps, shape } });
}

/** The data that each medium comes as. */
const types: Readonly<Record<Medium, readonly string[]>> = {
  image: ["Uint8Array", "Float32Array"],
  sound: ["Float32Array"],
  spectrogram: ["Float32Array"],
  tokens: ["Int32Array"],
};

function requireSample(medium: Medium, data: SampleData, shape: readonly number[]): void {
  const type = Object.prototype.toString.call(data).slice(8, -1);
  if (!types[medium].includes(type)) {
    throw new MillwrightError(
      "DTYPE_MISMATCH",
      `Augmentation of ${medium} takes a ${types[medium].join(" or a ")}, and was given a ${type}.`,
      "Convert it.",
    );
  }
  const rank = media[medium].split(",").length;
  const whole = shape.every((size) => Number.isInteger(size) && size >= 0);
  const length = shape.reduce((product, size) => product * size, 1);
  if (shape.length !== rank || !whole || length !== data.length || (medium === "image" && length === 0)) {
    throw new MillwrightError(
      "SHAPE_MISMATCH",
      `Augmentation of ${medium} takes the shape ${media[medium]}, and was given ${data.length} values in the shape [${shape.join(", ")}].`,
      "Give data and shape that fit together.",
    );
  }
}
