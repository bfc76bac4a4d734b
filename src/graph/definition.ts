/**
 * What an op is: one definition with its ONNX name, shape rule and gradient rule,
 * and `apply`, which makes a node of it.
 *
 * Rules receive the op functions as an argument: a rule may use any op of any
 * family, and the files of the families still form no import cycle.
 */
import { type DType, MillwrightError } from "../core/index.ts";
import { Attributes, type PlainAttribute } from "./attributes.ts";
import { requireSizes, showShape } from "./dims.ts";
import { isKnown, known } from "./value.ts";
import type { AnyValue, ForeignValue, InferCall, Node, OpDefinition, Value } from "./types.ts";

/** Fills the defaults of a definition. */
export function defineOp(
  definition: Omit<OpDefinition, "domain" | "attributes"> &
    Partial<Pick<OpDefinition, "domain" | "attributes">>,
): OpDefinition {
  return { domain: "", attributes: {}, ...definition };
}

/** Makes a node and returns its outputs. Trailing inputs that are undefined are dropped. */
export function applyAll(
  definition: OpDefinition,
  inputs: readonly (Value | undefined)[],
  attributes: Readonly<Record<string, PlainAttribute | undefined>> = {},
  outputCount = 1,
): Value[] {
  const node = makeNode(definition, inputs, Attributes.of(definition.attributes, attributes), outputCount);
  return node.outputs.map((output) => {
    if (!isKnown(output)) {
      throw new MillwrightError(
        "SHAPE_MISMATCH",
        `${definition.name} cannot tell the rank of its output from inputs ${inputs.map((x) => showShape(x?.shape)).join(", ")}.`,
        "Give axes and shapes as constants.",
      );
    }
    return output;
  });
}

/** The same for an op with one output. */
export function apply(
  definition: OpDefinition,
  inputs: readonly (Value | undefined)[],
  attributes: Readonly<Record<string, PlainAttribute | undefined>> = {},
): Value {
  return applyAll(definition, inputs, attributes)[0]!;
}

/** Makes a node of a defined op, checking counts and types. */
export function makeNode(
  definition: OpDefinition,
  inputs: readonly (Value | undefined)[],
  attributes: Attributes,
  outputCount: number,
  labels: { readonly node?: string; readonly outputs?: readonly string[] } = {},
): Node {
  let count = inputs.length;
  while (count > 0 && inputs[count - 1] === undefined) count--;
  const used = inputs.slice(0, count);
  const [fewest, most] = definition.inputs;
  // An op of any number of inputs has no optional ones.
  const required = most > 16 ? count : fewest;
  if (count < fewest || count > most || used.slice(0, required).includes(undefined)) {
    throw new MillwrightError(
      "GRAPH_INVALID",
      `${definition.name} needs ${fewest === most ? fewest : `${fewest} to ${most}`} inputs, and has ${count}.`,
      "Give the missing inputs, or take the extra ones away.",
    );
  }
  const types = definition.infer({ name: definition.name, inputs: used, attributes, outputCount });
  for (const type of types) requireSizes(definition.name, type.shape ?? []);
  return assemble(
    { definition, type: definition.type, domain: definition.domain, inputs: used, attributes },
    types.slice(0, outputCount),
    labels,
  );
}

/** Ties a node and its outputs together: each knows the other. */
export function assemble(
  parts: Omit<Node, "kind" | "outputs" | "label">,
  types: readonly (Pick<AnyValue, "dtype" | "shape"> & Pick<ForeignValue, "type">)[],
  labels: { readonly node?: string; readonly outputs?: readonly string[] } = {},
): Node {
  const outputs: AnyValue[] = [];
  const node: Node = {
    kind: "node",
    ...parts,
    outputs,
    ...(labels.node === undefined ? {} : { label: labels.node }),
  };
  types.forEach((type, index) => {
    const label = labels.outputs?.[index];
    outputs.push({
      ...type,
      producer: node,
      index,
      ...(label === undefined || label === "" ? {} : { label }),
    } as AnyValue);
  });
  return node;
}

const floats: readonly DType[] = ["float32", "float64"];
const numbers: readonly DType[] = ["float32", "float64", "int64", "int32", "uint8"];

export function isFloat(dtype: DType | undefined): boolean {
  return dtype === "float32" || dtype === "float64";
}

/** @throws MillwrightError `DTYPE_MISMATCH` unless the input's dtype is one of `allowed`. */
export function requireDtype(
  call: InferCall,
  index: number,
  allowed: readonly DType[] | "float" | "number",
): Value {
  const value = known(call.inputs[index]);
  const list = allowed === "float" ? floats : allowed === "number" ? numbers : allowed;
  if (!list.includes(value.dtype)) {
    throw new MillwrightError(
      "DTYPE_MISMATCH",
      `${call.name} takes ${list.join(" or ")} as input ${index + 1}, and has ${value.dtype}.`,
      "Cast it first.",
    );
  }
  return value;
}

/** An int64 vector, as shapes are. @throws MillwrightError `SHAPE_MISMATCH`, `DTYPE_MISMATCH`. */
export function requireVector(call: InferCall, index: number): Value {
  const value = requireDtype(call, index, ["int64"]);
  if (value.shape.length === 1) return value;
  throw shapeError(
    call,
    `takes a vector as input ${index + 1}, and has ${showShape(value.shape)}.`,
    "Reshape it to [-1].",
  );
}

/** @throws MillwrightError `DTYPE_MISMATCH` unless all given inputs share one dtype. */
export function requireSameDtype(call: InferCall, indices?: readonly number[]): DType {
  const values = (indices ? indices.map((i) => call.inputs[i]) : call.inputs).filter((x) => x !== undefined);
  const dtype = values[0]!.dtype;
  if (values.some((x) => x.dtype !== dtype)) {
    throw new MillwrightError(
      "DTYPE_MISMATCH",
      `${call.name} needs one dtype, and has ${values.map((x) => x.dtype).join(" and ")}.`,
      "Cast them to the same dtype.",
    );
  }
  return dtype;
}

/** For what a gradient rule cannot do. @param why - Goes on from "has no gradient". */
export function noGradient(
  name: string,
  why: string,
  fix = "Replace it, or stop training what lies before it.",
): MillwrightError {
  return new MillwrightError("GRAPH_NO_GRADIENT", `${name} has no gradient ${why}.`, fix);
}

/** @throws MillwrightError `SHAPE_MISMATCH` with the op's name. */
export function shapeError(call: { readonly name: string }, what: string, fix: string): MillwrightError {
  return new MillwrightError("SHAPE_MISMATCH", `${call.name} ${what}`, fix);
}
