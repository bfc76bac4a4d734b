/**
 * A step of augmentation: plain data with its kind and parameters, so that a recipe can be stored as JSON, and one
 * definition a kind that says what it works on, which parameters it has and what it does.
 */
import {
  MillwrightError,
  type ParameterTable,
  type ParameterValues,
  type Random,
  resolveParameters,
} from "../../core/index.ts";

/** What a step works on, with the shape of one sample. */
export const media = {
  /** 8 bits (0 … 255) or floats (0 … 1). */
  image: "[height, width, channels]",
  /** Floats, −1 … 1. */
  sound: "[samples]",
  /** Floats. */
  spectrogram: "[bands, frames]",
  /** Whole numbers of 32 bits. */
  tokens: "[tokens]",
} as const;
export type Medium = keyof typeof media;

export type SampleData = Uint8Array | Float32Array | Int32Array;

export interface Sample {
  readonly data: SampleData;
  readonly shape: readonly number[];
}

/** A step as it is stored. */
export interface Step {
  readonly kind: string;
  readonly [parameter: string]: number | string | boolean;
}

export interface StepDefinition<P extends ParameterTable = ParameterTable> {
  readonly kind: string;
  readonly medium: Medium;
  readonly parameters: P;
  /** Pairs of parameters of which the first may not be larger. */
  readonly ordered?: readonly (readonly [keyof P & string, keyof P & string])[];
  /** Never writes into the sample that it is given; may answer the same one where it changes nothing. */
  readonly apply: (sample: Sample, values: ParameterValues<P>, random: Random) => Sample;
}

/** A function that makes steps of a kind. */
export type StepMaker<P extends ParameterTable> = ((given?: Partial<ParameterValues<P>>) => Step) & {
  readonly definition: StepDefinition<P>;
};

/** Declares a kind of step. */
export function defineStep<const P extends ParameterTable>(definition: StepDefinition<P>): StepMaker<P> {
  const { kind, parameters, ordered = [] } = definition;
  const make = (given: Partial<ParameterValues<P>> = {}): Step => {
    const values = resolveParameters(kind, parameters, given) as Record<string, number | string | boolean>;
    for (const [low, high] of ordered) {
      if (values[low]! <= values[high]!) continue;
      throw new MillwrightError(
        "PARAMETER_CONFLICT",
        `${kind}.${low} is ${values[low]}, and ${kind}.${high} is ${values[high]}.`,
        `Give a ${low} that is not above ${high}.`,
      );
    }
    return { kind, ...values };
  };
  return Object.assign(make, { definition });
}

/** An array of the same type. */
export function emptyLike(data: SampleData, length: number): SampleData {
  if (data instanceof Uint8Array) return new Uint8Array(length);
  return data instanceof Float32Array ? new Float32Array(length) : new Int32Array(length);
}

/** A level from 0 to 1 in the numbers of an image. */
export function levelOf(data: SampleData, share: number): number {
  return data instanceof Uint8Array ? Math.round(share * 255) : share;
}

/** Moves a value into the range of an image, and onto a whole number where it holds those. */
export function pixelOf(data: SampleData, value: number): number {
  if (data instanceof Uint8Array) return Math.max(0, Math.min(255, Math.round(value)));
  return Math.max(0, Math.min(1, value));
}

/** Uniform in [low, high). */
export function uniform(random: Random, low: number, high: number): number {
  return low + (high - low) * random.next();
}

/** Parameters that many steps have. */
export const probability = (share: number) =>
  ({ type: "number", default: share, min: 0, max: 1, meaning: "share of samples that are changed" }) as const;
export const fill = {
  type: "number",
  default: 0,
  min: 0,
  max: 1,
  meaning: "level of what lies outside the image, from black to white",
} as const;
