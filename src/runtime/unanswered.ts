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
import { emptySequence, type Graph, graph, inputName, parametersOf } from "../graph/index.ts";
import type { Backend } from "./backend.ts";
import type { OrtFeeds } from "./tensors.ts";

/** Whether a backend copies what it has written, and can be kept from it. */
export function copiesAnswers({ packageName, provider }: Backend): boolean {
  return packageName === "onnxruntime-node" && provider === "cpu";
}

/**
 * The graph with an output before all others that cannot be handed over.
 *
 * @returns It, and the output's name.
 */
export function withoutAnswer(from: Graph): { readonly unanswered: Graph; readonly end: string } {
  const { inputs, outputs, metadata, name, carried } = from;
  const taken = new Set([...outputs.keys(), ...inputs.map(inputName), ...parametersOf(from).keys()]);
  let end = "end";
  while (taken.has(end)) end = `${end}_`;
  const unanswered = graph({
    inputs,
    outputs: new Map([[end, emptySequence()], ...outputs]),
    metadata,
    name,
    carried,
  });
  return { unanswered, end };
}

/**
 * Runs a session of such a graph.
 *
 * @param into - Where each output is written.
 * @param end - The name of the output that cannot be handed over.
 * @throws What the session throws for a run that fails.
 */
export async function runInto(
  session: InferenceSession,
  feeds: OrtFeeds,
  into: OrtFeeds,
  end: string,
): Promise<void> {
  try {
    await session.run(feeds, { ...into, [end]: null });
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith("Non tensor type"))) throw error;
  }
}
