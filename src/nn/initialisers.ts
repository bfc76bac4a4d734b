/**
 * How new parameters are filled.
 *
 * A weight is [outputs, inputs, …]: its fan-in is the product of all sizes but the first. Sources: He
 * et al. 2015, "Delving deep into rectifiers"; Glorot & Bengio 2010, "Understanding the difficulty
 * of training deep feedforward neural networks".
 */
import type { Initialiser } from "./layer.ts";

const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1);
const fanIn = (shape: readonly number[]): number => product(shape.slice(1));

export const zeros: Initialiser = (data) => {
  data.fill(0);
};

export const ones: Initialiser = (data) => {
  data.fill(1);
};

/** The same number everywhere. */
export const filled =
  (value: number): Initialiser =>
  (data) => {
    data.fill(value);
  };

/** Normal with mean 0. */
export const normal =
  (deviation: number): Initialiser =>
  (data, _shape, random) => {
    for (let i = 0; i < data.length; i++) data[i] = deviation * random.normal();
  };

/** Uniform in [−bound, bound). */
export const uniform =
  (bound: number): Initialiser =>
  (data, _shape, random) => {
    for (let i = 0; i < data.length; i++) data[i] = bound * (2 * random.next() - 1);
  };

/** Normal with variance 2 / fan-in, for layers before a rectifier (He). */
export const heNormal: Initialiser = (data, shape, random) => {
  normal(Math.sqrt(2 / fanIn(shape)))(data, shape, random);
};

/** Uniform with variance 2 / (fan-in + fan-out) (Glorot). */
export const glorotUniform: Initialiser = (data, shape, random) => {
  const fanOut = shape[0]! * product(shape.slice(2));
  uniform(Math.sqrt(6 / (fanIn(shape) + fanOut)))(data, shape, random);
};
