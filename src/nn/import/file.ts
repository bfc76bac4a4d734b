/** The graph of an imported file in the place of layers: built anew for each batch, its weights as parameters. */
import { MillwrightError } from "../../core/index.ts";
import {
  type AnyValue,
  type Dim,
  type Graph,
  graph,
  input,
  inputName,
  isKnown,
  type ReadLimits,
  type RewriteRule,
  simplify,
  substitute,
  tensorOf,
  type Value,
} from "../../graph/index.ts";
import type { Initialiser, Layer, Running, Scope } from "../layer.ts";
import { batchNorm } from "../layers/normalisation.ts";
import type { InputSpec, Network } from "../network.ts";
import type { FixedBatch } from "./batch.ts";
import { isBatchNorm } from "./weights.ts";

export interface ImportOptions {
  /** The value that the network answers: an output, or any value of the file by its name. Default: the first float output. */
  readonly output?: string;
  /** Stands before every path: "backbone" makes "conv1.weight" "backbone.conv1.weight". Files keep their own names. */
  readonly prefix?: string;
  /** Sizes of inputs after the batch, by name, where the file leaves them open. */
  readonly shapes?: Readonly<Record<string, readonly number[]>>;
  /** Patterns of float constants that are not to be trained. */
  readonly buffers?: readonly string[];
  /**
   * "keep" leaves BatchNormalization as it is, with the running figures of the file. "train" takes the figures of each
   * batch while training and moves the running ones, as a network of layers does; for files whose exporter kept it.
   * Default "keep".
   */
  readonly batchNorm?: "keep" | "train";
  /** What the file may cost to read. */
  readonly limits?: Partial<ReadLimits>;
}

/** What an imported network is made of; for writing it back and for cutting it. */
export interface ImportedFile {
  readonly graph: Graph;
  /** What the network answers, and its name. */
  readonly output: Value;
  readonly outputName: string;
  /** Constants of the graph by path. */
  readonly constants: ReadonlyMap<string, Value>;
  /** Running means and variances by path that training moves; none unless asked for. */
  readonly running: ReadonlyMap<string, Value>;
  readonly options: ImportOptions;
  /** The number of rows that the file was written for, where it was one. */
  readonly fixed: FixedBatch | undefined;
  /** Layers of one's own after the output, under "head". */
  readonly head?: Layer;
}

/** Any value of a graph by its name. @throws MillwrightError `PARAMETER_UNKNOWN`, `GRAPH_UNSUPPORTED`. */
export function valueNamed(from: Graph, name: string): Value {
  const found =
    from.outputs.get(name) ??
    from.nodes.flatMap(({ outputs }) => outputs).find(({ label }) => label === name);
  if (!found) {
    throw new MillwrightError(
      "PARAMETER_UNKNOWN",
      `The file computes no value "${name}"; its outputs are ${[...from.outputs.keys()].join(", ")}.`,
      "Take a name from `millwright inspect <model> --graph`.",
    );
  }
  if (isKnown(found)) return found;
  throw new MillwrightError(
    "GRAPH_UNSUPPORTED",
    `The shape of "${name}" is not known: an op before it is not one of ours.`,
    "Cut the file before that op.",
  );
}

/** Inputs that some values are computed from, in the graph's order. */
export function inputsUnder(from: Graph, values: readonly AnyValue[]): readonly AnyValue[] {
  const outputs = new Map(values.map((value, i) => [`wanted ${i}`, value]));
  const part = graph({ inputs: from.inputs, outputs });
  const used = new Set(part.nodes.flatMap((node) => [...node.inputs, ...(node.captures?.values() ?? [])]));
  return from.inputs.filter((value) => used.has(value) || values.includes(value));
}

/** The network that computes a value of the file, and its head. `fold` off keeps the file's nodes as they are. */
export function networkOf(file: ImportedFile, { fold = true }: { readonly fold?: boolean } = {}): Network {
  const { output, graph: from, options, head } = file;
  const needed = inputsUnder(from, [output]);
  const inputs = Object.fromEntries(
    needed.map((value) => [inputName(value), specOf(value, options.shapes ?? {})]),
  );
  return {
    inputs,
    build(given, scope) {
      const features = inlined(file, given, scope, fold);
      return head ? scope.apply("head", head, features) : features;
    },
  };
}

function specOf(value: AnyValue, shapes: Readonly<Record<string, readonly number[]>>): InputSpec {
  const name = inputName(value);
  if (!isKnown(value) || value.shape.length === 0) {
    throw new MillwrightError(
      "GRAPH_UNSUPPORTED",
      `The input "${name}" has ${isKnown(value) ? "no axis for the rows of a batch" : "no known type or rank"}.`,
      "Export the file with the batch as the first axis of each input.",
    );
  }
  const declared = value.shape.slice(1);
  const shape = shapes[name] ?? declared;
  const fits =
    shape.length === declared.length &&
    shape.every((size, i) => typeof declared[i] === "string" || declared[i] === size);
  if (!fits) {
    throw new MillwrightError(
      "SHAPE_MISMATCH",
      `The input "${name}" takes [${value.shape.join(", ")}], and { shapes } gives [${shape.join(", ")}] after the batch.`,
      "Give the sizes after the batch; only those with a name are open.",
    );
  }
  if (shape.every((size) => typeof size === "number")) return { dtype: value.dtype, shape };
  throw new MillwrightError(
    "PARAMETER_MISSING",
    `The input "${name}" takes [${value.shape.join(", ")}], which leaves sizes beside the batch open.`,
    `Give them: { shapes: { "${name}": [${shape.map((size) => (typeof size === "number" ? size : 64)).join(", ")}] } }.`,
  );
}

/** The file's output on other inputs, with the scope's parameters for its weights. */
function inlined(
  file: ImportedFile,
  given: Readonly<Record<string, Value>>,
  scope: Scope,
  fold: boolean,
): Value {
  const { graph: from, output, constants, running, fixed } = file;
  const rows = Object.values(given)[0]?.shape[0];
  if (fixed?.reason !== undefined && rows !== fixed.rows) {
    throw new MillwrightError(
      "GRAPH_UNSUPPORTED",
      `The file takes ${fixed.rows} rows at a time, and ${rows} are asked for: ${fixed.reason}.`,
      "Export it again with the first axis of its inputs dynamic.",
    );
  }
  if (output.dtype !== scope.dtype) {
    throw new MillwrightError(
      "DTYPE_MISMATCH",
      `The imported network computes in ${output.dtype}, and is built in ${scope.dtype}.`,
      `Train it with { dtype: "${output.dtype}" }.`,
    );
  }
  const replacements = new Map<AnyValue, Value>();
  for (const value of from.inputs) {
    const feed = given[inputName(value)];
    if (feed) replacements.set(value, feed);
  }
  for (const [path, value] of constants) {
    replacements.set(value, scope.parameter(path, value.shape as readonly number[], copyOf(value)));
  }
  const figures = new Map<AnyValue, Running>();
  for (const [path, value] of running) {
    const figure = scope.running(path, value.shape as readonly number[], copyOf(value));
    replacements.set(value, figure.value);
    figures.set(figure.value, figure);
  }
  if (!fold) return substitute([output], replacements)[0]!;
  const rule = scope.training && figures.size > 0 ? normaliseByBatch(figures, scope) : undefined;
  return folded(output, replacements, rule);
}

/** Puts the layer that trains in the place of BatchNormalization with fixed figures. */
function normaliseByBatch(figures: ReadonlyMap<AnyValue, Running>, outer: Scope): RewriteRule {
  return (node, to) => {
    if (!isBatchNorm(node)) return undefined;
    const [x, weight, bias, mean, variance] = node.inputs.map((value) => to(value!)) as Value[];
    const given: Readonly<Record<string, Value>> = { weight: weight!, bias: bias! };
    const moved: Readonly<Record<string, Running>> = {
      running_mean: figures.get(mean!)!,
      running_var: figures.get(variance!)!,
    };
    const scope: Scope = { ...outer, parameter: (name) => given[name]!, running: (name) => moved[name]! };
    const layer = batchNorm({
      momentum: 1 - node.attributes.float("momentum", 0.9),
      epsilon: node.attributes.float("epsilon", 1e-5),
    });
    return [layer.apply(x!, scope)];
  };
}

/** Fills a parameter with the file's numbers. */
function copyOf(value: Value): Initialiser {
  const { data } = tensorOf(value)!;
  return (to) => (to as Float32Array).set(data as Float32Array);
}

/** The arithmetic on sizes that exporters write becomes constants where sizes are known: gradients then have shapes. */
function folded(
  output: Value,
  replacements: ReadonlyMap<AnyValue, Value>,
  rule: RewriteRule | undefined,
): Value {
  const places = new Map<AnyValue, Value>();
  const back = new Map<AnyValue, Value>();
  for (const [value, to] of replacements) {
    const place = input(`place ${places.size}`, to.dtype, to.shape as readonly Dim[]);
    places.set(value, place);
    back.set(place, to);
  }
  const [inner] = substitute([output], places);
  const small = simplify(graph({ inputs: [...places.values()], outputs: { scores: inner! } }));
  return substitute([small.outputs.get("scores") as Value], back, rule)[0]!;
}

/** The graph as a training step sees it: sizes known, what is computed from them folded away. */
export interface Traced {
  readonly graph: Graph;
  readonly output: AnyValue;
  /** Inputs that stand for constants of the file. */
  readonly leaves: ReadonlyMap<AnyValue, Value>;
}

/** Traces a value for a batch of two rows, or of as many as the file insists on. */
export function trace(
  { graph: from, output, options, fixed }: Omit<ImportedFile, "constants" | "running">,
  constants: Iterable<Value>,
): Traced {
  const places = new Map<AnyValue, Value>();
  const leaves = new Map<AnyValue, Value>();
  const rows = fixed?.reason === undefined ? 2 : fixed.rows;
  for (const value of inputsUnder(from, [output])) {
    const { dtype, shape } = specOf(value, options.shapes ?? {});
    places.set(value, input(inputName(value), dtype, [rows, ...shape]));
  }
  for (const value of constants) {
    const place = input(`constant ${places.size}`, value.dtype, value.shape);
    places.set(value, place);
    leaves.set(place, value);
  }
  const [inner] = substitute([output as AnyValue], places);
  const small = simplify(graph({ inputs: [...places.values()], outputs: { traced: inner! } }));
  return { graph: small, output: small.outputs.get("traced")!, leaves };
}

/**
 * A graph without what is computed from constants alone.
 *
 * @param kept - Constants that stay by themselves: weights of equal numbers are not one weight.
 */
export function withoutArithmetic(from: Graph, kept: Iterable<Value>): Graph {
  const places = new Map<AnyValue, AnyValue>();
  const back = new Map<AnyValue, AnyValue>();
  for (const value of kept) {
    const place = input(`constant ${places.size}`, value.dtype, value.shape);
    places.set(value, place);
    back.set(place, value);
  }
  const { inputs, metadata, name, carried } = from;
  const names = [...from.outputs.keys()];
  const outputsOf = (values: readonly AnyValue[]): Map<string, AnyValue> =>
    new Map(names.map((each, i) => [each, values[i]!]));
  const open = substitute([...from.outputs.values()], places);
  const small = simplify(graph({ inputs: [...inputs, ...places.values()], outputs: outputsOf(open) }));
  const values = substitute([...small.outputs.values()], back);
  return graph({ inputs, outputs: outputsOf(values), metadata, name, carried });
}
