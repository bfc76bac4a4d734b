/**
 * Runs whose results stay where they were written.
 *
 * ONNX Runtime's package for Node writes an output into the array given for it, and then hands a copy of it back: new
 * memory for each gradient at each step, and for nothing. That is 7 % of a perceptron's step and 5 % of a ResNet-18's,
 * beside the garbage collection that it brings. Outputs are handed over in their order, and the first that is no tensor
 * ends that with an error; so an empty sequence goes first, and its error says that all outputs have been written.
 *
 * Source: js/node/src/inference_session_wrap.cc and tensor_helper.cc of version 1.30
 * (github.com/microsoft/onnxruntime); later ones may hand over what they have without a copy, and a run that is answered
 * in full is as good.
 */
import type { InferenceSession } from "onnxruntime-common";
import { emptySequence, type Graph, graph } from "../graph/index.ts";
import type { Backend } from "./backend.ts";
import type { OrtFeeds } from "./tensors.ts";

const sequence = "runtime/no-answer";

/** Whether a backend copies what it has written, and can be kept from it. */
export function copiesAnswers({ packageName, provider }: Backend): boolean {
  return packageName === "onnxruntime-node" && provider === "cpu";
}

/** The graph with an output before all others that cannot be handed over. */
export function withoutAnswer(from: Graph): Graph {
  const { inputs, outputs, metadata, name, carried } = from;
  return graph({
    inputs,
    outputs: new Map([[sequence, emptySequence()], ...outputs]),
    metadata,
    name,
    carried,
  });
}

/** Whether an output of a session is what `withoutAnswer` has put there. */
export function isNoAnswer({ name }: { readonly name: string }): boolean {
  return name === sequence;
}

/**
 * Runs a session of such a graph.
 *
 * @param into - Where each output is written.
 * @throws What the session throws for a run that fails.
 */
export async function runInto(session: InferenceSession, feeds: OrtFeeds, into: OrtFeeds): Promise<void> {
  try {
    await session.run(feeds, { ...into, [sequence]: null });
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith("Non tensor type"))) throw error;
  }
}
