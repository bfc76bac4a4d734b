/**
 * A network: inputs with their shapes, and a layer (or a function of several inputs) over them.
 *
 * Building runs the layers once. Who builds decides what a parameter is: the list of what there is
 * (`declare`), graph inputs of a training step, or constants of the file that ships. So there is one
 * description, and no export step.
 */
import { createRandom, type DType, MillwrightError, type Tensor } from "../core/index.ts";
import { type Dim, input, type Value } from "../graph/index.ts";
import {
  type Initialiser,
  type Layer,
  type Precision,
  requireNoDots,
  requireSeed,
  type Running,
  type Scope,
} from "./layer.ts";

/** One input of a network, without the batch. */
export interface InputSpec {
  readonly dtype: DType;
  /** Sizes after the batch: [3, 32, 32] for the pictures of a batch [batch, 3, 32, 32]. */
  readonly shape: readonly number[];
}

export interface Network {
  readonly inputs: Readonly<Record<string, InputSpec>>;
  /** From the inputs, by name, to the scores. */
  build(inputs: Readonly<Record<string, Value>>, scope: Scope): Value;
}

/** Tensors by dotted path: the names in the ONNX file, in safetensors and in a checkpoint. */
export type Weights = Readonly<Record<string, Tensor>>;

/**
 * A network of one input, "x", through a layer; or of several inputs through a function.
 *
 * @param inputs - One specification, or several by name.
 * @param body - A layer for one input; a function of the values by name for several.
 */
export function network(
  inputs: InputSpec | Readonly<Record<string, InputSpec>>,
  body: Layer | Network["build"],
): Network {
  const named = isSpec(inputs) ? { x: inputs } : inputs;
  if (typeof body === "function") return { inputs: named, build: body };
  const names = Object.keys(named);
  if (names.length !== 1) {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `network has ${names.length} inputs (${names.join(", ")}) and one layer, which takes one.`,
      "Give a function (inputs, scope) => Value in place of the layer.",
    );
  }
  return { inputs: named, build: (values, scope) => scope.apply("", body, values[names[0]!]!) };
}

function isSpec(inputs: InputSpec | Readonly<Record<string, InputSpec>>): inputs is InputSpec {
  return typeof inputs["dtype"] === "string";
}

export interface Declared {
  readonly shape: readonly number[];
  readonly initial: Initialiser;
  /** False for running tensors, which no gradient reaches. */
  readonly trainable: boolean;
}

/** A place where random masks come in. */
export interface MaskSite {
  readonly name: string;
  readonly shape: readonly number[];
  readonly rate: number;
}

export interface Built {
  readonly inputs: readonly Value[];
  readonly scores: Value;
  /** In the order of their declaration. */
  readonly declared: ReadonlyMap<string, Declared>;
  readonly values: ReadonlyMap<string, Value>;
  /** Values of running tensors after this step, by path. */
  readonly running: ReadonlyMap<string, Value>;
  readonly masks: readonly MaskSite[];
  readonly maskInputs: readonly Value[];
}

export interface BuildOptions {
  /** Rows of a batch; a name where it varies. Training needs a number. */
  readonly batch: Dim;
  readonly training: boolean;
  /** Default float32. */
  readonly dtype?: Precision;
  /** What a declared tensor is in this graph. Default: an input of its path. */
  readonly leaf?: (path: string, declared: Declared) => Value;
}

/** Builds the graph's values. @throws MillwrightError where a layer does not fit; the message names its path. */
export function buildNetwork(net: Network, options: BuildOptions): Built {
  const dtype = options.dtype ?? "float32";
  const declared = new Map<string, Declared>();
  const values = new Map<string, Value>();
  const running = new Map<string, Value>();
  const masks: MaskSite[] = [];
  const maskInputs: Value[] = [];
  const leaf = options.leaf ?? ((path: string, { shape }: Declared) => input(path, dtype, shape));
  const declare = (
    path: string,
    shape: readonly number[],
    initial: Initialiser,
    trainable: boolean,
  ): Value => {
    const before = declared.get(path);
    if (before) {
      if (before.shape.join() === shape.join() && before.trainable === trainable) return values.get(path)!;
      throw new MillwrightError(
        "SHAPE_MISMATCH",
        `The parameter "${path}" is declared as [${before.shape.join(", ")}] and again as [${shape.join(", ")}].`,
        "Give the second one a name of its own.",
      );
    }
    const entry = { shape: [...shape], initial, trainable };
    declared.set(path, entry);
    const value = leaf(path, entry);
    values.set(path, value);
    return value;
  };
  const scopeAt = (path: string): Scope => {
    const named = (name: string): string => (path === "" ? name : name === "" ? path : `${path}.${name}`);
    const place = (name: string): string => {
      requireNoDots(path === "" ? "The network" : `The place "${path}"`, name);
      return named(name);
    };
    return {
      path,
      dtype,
      training: options.training,
      parameter: (name, shape, initial) => declare(named(name), shape, initial, true),
      running(name, shape, initial): Running {
        const key = named(name);
        const value = declare(key, shape, initial, false);
        return { value, set: (next) => void (options.training && running.set(key, next)) };
      },
      mask(shape, rate) {
        const fixed = shape.map((size) => {
          if (typeof size === "number") return size;
          throw new MillwrightError(
            "SHAPE_MISMATCH",
            `A mask at "${path}" would be [${shape.join(", ")}].`,
            "Train with a fixed batch.",
          );
        });
        const site = { name: `mask/${masks.length}`, shape: fixed, rate };
        masks.push(site);
        const value = input(site.name, dtype, fixed);
        maskInputs.push(value);
        return value;
      },
      child: (name) => scopeAt(place(name)),
      apply(name, part, x) {
        const scope = scopeAt(place(name));
        try {
          return part.apply(x, scope);
        } catch (cause) {
          throw placed(cause, scope.path, part, x);
        }
      },
    };
  };
  const inputs = Object.entries(net.inputs).map(([name, spec]) =>
    input(name, spec.dtype, [options.batch, ...spec.shape]),
  );
  const byName = Object.fromEntries(Object.keys(net.inputs).map((name, i) => [name, inputs[i]!]));
  const scores = net.build(byName, scopeAt(""));
  return { inputs, scores, declared, values, running, masks, maskInputs };
}

const alreadyPlaced = new WeakSet<MillwrightError>();

/** The error with the path of the innermost layer that it comes from. */
function placed(cause: unknown, path: string, part: Layer, x: Value): unknown {
  if (!(cause instanceof MillwrightError) || alreadyPlaced.has(cause)) return cause;
  const where = path === "" ? `The layer (${part.kind})` : `The layer "${path}" (${part.kind})`;
  const error = new MillwrightError(
    cause.code,
    `${where}, given [${x.shape.join(", ")}]: ${cause.what}`,
    cause.fix,
    { cause },
  );
  alreadyPlaced.add(error);
  return error;
}

/**
 * New weights of a network.
 *
 * @param seed - Same seed, same weights; each tensor draws from its own path, so that adding a layer
 *   leaves the others as they were.
 */
export function initialise(
  net: Network,
  { seed, dtype = "float32" }: { seed: number; dtype?: Precision },
): Weights {
  requireSeed("initialise", seed);
  const { declared } = buildNetwork(net, { batch: "batch", training: false, dtype });
  const random = createRandom(seed).child("weights");
  return Object.fromEntries(
    [...declared].map(([path, { shape, initial }]) => {
      const length = shape.reduce((a, b) => a * b, 1);
      const data = dtype === "float32" ? new Float32Array(length) : new Float64Array(length);
      initial(data, shape, random.child(path));
      return [path, { dtype, shape, data } as Tensor];
    }),
  );
}

/** How many trainable numbers a network has. */
export function parameterCount(net: Network): number {
  const { declared } = buildNetwork(net, { batch: "batch", training: false });
  let count = 0;
  for (const { shape, trainable } of declared.values())
    if (trainable) count += shape.reduce((a, b) => a * b, 1);
  return count;
}
