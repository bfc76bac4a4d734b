/**
 * A graph used as a function: its nodes made again on other inputs.
 *
 * Several fitted pipelines become one file this way; what they have in common is
 * shared by the simplifier afterwards.
 */
import { MillwrightError, nearest } from "../core/index.ts";
import { showShape } from "./dims.ts";
import { type Graph, inputName } from "./graph.ts";
import { substitute } from "./rebuild.ts";
import { isKnown } from "./value.ts";
import type { AnyValue, Value } from "./types.ts";

/**
 * The outputs of a graph computed from other values instead of its own inputs.
 *
 * @param inputs - One value per input of the graph, by its name.
 * @returns Output name → value.
 * @throws MillwrightError `GRAPH_INVALID` for an input that is not given, or an output whose type is unknown.
 * @throws MillwrightError `DTYPE_MISMATCH` for an input of another dtype.
 */
export function inline(
  graph: Graph,
  inputs: ReadonlyMap<string, Value> | Readonly<Record<string, Value>>,
): Record<string, Value> {
  const given =
    inputs instanceof Map ? (inputs as ReadonlyMap<string, Value>) : new Map(Object.entries(inputs));
  const replacements = new Map<AnyValue, AnyValue>();
  for (const value of graph.inputs) {
    const name = inputName(value);
    const feed = given.get(name);
    if (feed === undefined) {
      const guess = nearest(name, given.keys());
      throw new MillwrightError(
        "GRAPH_INVALID",
        `The graph "${graph.name}" needs the input "${name}"${guess === undefined ? "" : `; the nearest name given is "${guess}"`}.`,
        "Give a value for every input.",
      );
    }
    if (value.dtype !== undefined && feed.dtype !== value.dtype) {
      throw new MillwrightError(
        "DTYPE_MISMATCH",
        `The input "${name}" of "${graph.name}" is ${value.dtype} ${showShape(value.shape)}, and is given ${feed.dtype}.`,
        "Cast it first.",
      );
    }
    replacements.set(value, feed);
  }
  const values = substitute([...graph.outputs.values()], replacements);
  const outputs = [...graph.outputs.keys()].map((name, i): [string, Value] => {
    const value = values[i]!;
    if (isKnown(value)) return [name, value];
    throw new MillwrightError(
      "GRAPH_INVALID",
      `The type of the output "${name}" of "${graph.name}" is not known.`,
      "Leave it out of the outputs.",
    );
  });
  return Object.fromEntries(outputs);
}
