export { Attributes, type Attribute } from "./attributes.ts";
export { gradient } from "./gradient.ts";
export { type Graph, graph, inputName, parametersOf } from "./graph.ts";
export type { ReadLimits } from "./onnx/limits.ts";
export { readOnnx, readOnnxMetadata } from "./onnx/read.ts";
export { graphHash, writeOnnx, type WriteOptions } from "./onnx/write.ts";
export { supportedOps, type SupportedOp } from "./ops/catalogue.ts";
export * from "./ops/index.ts";
export { inline } from "./inline.ts";
export { printGraph } from "./print.ts";
export { parametersAsInputs, substitute } from "./rebuild.ts";
export { simplify } from "./simplify.ts";
export {
  type AnyValue,
  constant,
  type Dim,
  type ForeignValue,
  input,
  isKnown,
  type Node,
  parameter,
  scalar,
  tensorOf,
  type Value,
} from "./value.ts";
