/** Sequences of tensors: what files may hold, and nothing here computes with. */
import { Attributes } from "../attributes.ts";
import { assemble } from "../definition.ts";
import { onnxType } from "./shape.ts";
import type { AnyValue } from "../types.ts";

/** A sequence without elements. */
export function emptySequence(): AnyValue {
  const type = { sequenceType: { elemType: { tensorType: { elemType: onnxType.float32 } } } };
  const parts = {
    type: "SequenceEmpty",
    domain: "",
    inputs: [],
    attributes: Attributes.of({ dtype: "int" }, { dtype: onnxType.float32 }),
  };
  return assemble(parts, [{ dtype: undefined, shape: undefined, type }]).outputs[0]!;
}
