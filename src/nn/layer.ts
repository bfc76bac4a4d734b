/**
 * Layers and what they are given.
 *
 * A layer is a plain object that turns a symbolic value into another. It runs once, when the graph
 * is built, and asks its scope for what it needs: parameters, tensors that training keeps up to date
 * (running means), masks. The scope answers with graph inputs while training and with constants in
 * the file that ships, so one description gives both graphs. Nothing is computed here, and nobody
 * owns device memory.
 */
import { MillwrightError, nearest, type Random } from "../core/index.ts";
import { type Value, type Dim } from "../graph/index.ts";

/** The precision of a network. */
export type Precision = "float32" | "float64";

/** Fills a new parameter. `shape` as in the call of `parameter`; `random` belongs to this parameter alone. */
export type Initialiser = (
  data: Float32Array | Float64Array,
  shape: readonly number[],
  random: Random,
) => void;

/** A step from one value to the next. Plain and immutable: one object may stand in several places. */
export interface Layer {
  /** What it is, for error messages: "conv2d". */
  readonly kind: string;
  apply(x: Value, scope: Scope): Value;
}

/** A tensor that no gradient reaches, and that training moves: a running mean. */
export interface Running {
  readonly value: Value;
  /** Gives the value after this step. Ignored outside of training. */
  set(next: Value): void;
}

/** The place of a layer in the network. */
export interface Scope {
  /** Names from the root, joined by dots: "body.2". "" at the root. */
  readonly path: string;
  readonly dtype: Precision;
  /** Whether a training step is being built: masks are drawn, running tensors move. */
  readonly training: boolean;
  /**
   * A trainable tensor named `path.name`; the same name again is the same tensor.
   *
   * @throws MillwrightError `SHAPE_MISMATCH` where it was declared in another shape.
   */
  parameter(name: string, shape: readonly number[], initial: Initialiser): Value;
  /** A tensor that training moves without a gradient. */
  running(name: string, shape: readonly number[], initial: Initialiser): Running;
  /**
   * Random 0 or 1 / (1 − rate) per element, drawn anew for each step. Only while training.
   *
   * @param rate - Chance of 0, in [0, 1).
   */
  mask(shape: readonly Dim[], rate: number): Value;
  /**
   * The scope of a part.
   *
   * @param name - Without dots: "a.b" would be the place of "b" within "a", and share its weights. "" is this scope's own place.
   * @throws MillwrightError `PARAMETER_RANGE` for a name with dots.
   */
  child(name: string): Scope;
  /** Applies a layer under a name of its own, as `child` has it, so that its errors say where it stands. */
  apply(name: string, layer: Layer, x: Value): Value;
}

/**
 * A layer of your own.
 *
 * @param kind - Its name in error messages.
 * @param apply - From the input and the scope to the output, in graph ops.
 */
export function layer(kind: string, apply: Layer["apply"]): Layer {
  return { kind, apply };
}

/** @throws MillwrightError `PARAMETER_RANGE` for a part's name with dots, which join the names of a path. */
export function requireNoDots(where: string, name: string): void {
  if (!name.includes(".")) return;
  throw new MillwrightError(
    "PARAMETER_RANGE",
    `${where} has a part "${name}", and dots join the names of a path: its weights could be those of another layer.`,
    `Name it "${name.replaceAll(".", "_")}", or put sequential({ … }) within sequential({ … }).`,
  );
}

/** The size of axis `axis`, which a layer needs as a number. @throws MillwrightError `SHAPE_MISMATCH`. */
export function fixedSize(x: Value, axis: number, what: string): number {
  const size = x.shape.at(axis);
  if (typeof size === "number") return size;
  throw new MillwrightError(
    "SHAPE_MISMATCH",
    size === undefined
      ? `needs ${what} on axis ${axis}, and is given [${x.shape.join(", ")}].`
      : `needs a fixed number of ${what}, and is given [${x.shape.join(", ")}].`,
    "Give the network's inputs their sizes as numbers; only the batch may vary.",
  );
}

/** @throws MillwrightError `SHAPE_MISMATCH` unless the rank is one of `ranks`. */
export function requireRank(x: Value, ranks: readonly number[], layout: string): void {
  if (ranks.includes(x.shape.length)) return;
  throw new MillwrightError(
    "SHAPE_MISMATCH",
    `takes ${layout}, and is given [${x.shape.join(", ")}].`,
    "Reshape or flatten before it, or use the layer for that rank.",
  );
}

/** @throws MillwrightError `PARAMETER_RANGE` unless `value` is a whole number of at least `least`. */
export function requireCount(kind: string, name: string, value: number, least = 1): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new MillwrightError(
    "PARAMETER_RANGE",
    `${kind} has { ${name}: ${value} }, and needs a whole number of at least ${least}.`,
    `Give { ${name} } as a whole number.`,
  );
}

/** @throws MillwrightError `PARAMETER_RANGE` unless 0 ≤ `value` < 1. */
export function requireShare(kind: string, name: string, value: number): void {
  if (value >= 0 && value < 1) return;
  throw new MillwrightError(
    "PARAMETER_RANGE",
    `${kind} has { ${name}: ${value} }, and needs a share in [0, 1).`,
    `Give { ${name} } from 0 up to, but not including, 1.`,
  );
}

/** @throws MillwrightError `PARAMETER_RANGE` unless `low` ≤ `value` ≤ `high`; `open` leaves both ends out. */
export function requireWithin(
  kind: string,
  name: string,
  value: number,
  low: number,
  high = Infinity,
  open = false,
): void {
  if (open ? value > low && value < high : value >= low && value <= high && Number.isFinite(value)) return;
  const range =
    high === Infinity
      ? `a finite number ${open ? "above" : "of at least"} ${low}`
      : `a number in ${open ? `(${low}, ${high})` : `[${low}, ${high}]`}`;
  throw new MillwrightError(
    "PARAMETER_RANGE",
    `${kind} has { ${name}: ${value} }, and needs ${range}.`,
    `Give { ${name} } in its range.`,
  );
}

/**
 * For settings whose mistyped names would train by a default in silence.
 *
 * @throws MillwrightError `PARAMETER_UNKNOWN`, naming the nearest that there is.
 */
export function requireKnown(kind: string, given: object, known: readonly string[]): void {
  const odd = Object.keys(given).find((name) => !known.includes(name));
  if (odd === undefined) return;
  const guess = nearest(odd, known);
  throw new MillwrightError(
    "PARAMETER_UNKNOWN",
    `${kind} has no { ${odd} }${guess === undefined ? "" : `; the nearest name is { ${guess} }`}.`,
    `It has ${known.join(", ")}.`,
  );
}

/** @throws MillwrightError `PARAMETER_RANGE` unless `seed` is a whole number: others would all draw the same. */
export function requireSeed(kind: string, seed: number): void {
  if (Number.isSafeInteger(seed)) return;
  throw new MillwrightError(
    "PARAMETER_RANGE",
    `${kind} has { seed: ${seed} }, and needs a whole number.`,
    "Give { seed: 1 }, say.",
  );
}
