/**
 * An ONNX file that another tool wrote, made ready to answer rows of a table.
 *
 * Converters of classifiers like to end with a ZipMap, which turns the matrix of probabilities into a sequence of
 * maps that no runtime in JavaScript can hand over: the matrix before it is answered instead.
 */
import { MillwrightError } from "../../../core/index.ts";
import { type AnyValue, type Graph, graph, readOnnx } from "../../../graph/index.ts";
import { readNamed } from "../../../model/index.ts";
import { compile, type LocalSession } from "../../../runtime/index.ts";

export interface ForeignFile {
  readonly name: string;
  readonly session: LocalSession;
  /** Class labels that its nodes name, in the order of their probabilities. */
  readonly labels?: readonly string[];
  /** Whether those labels are numbers to its maker, who may have counted the real ones. */
  readonly numbered: boolean;
}

/** Attributes by which the operators of `ai.onnx.ml` name classes. */
const labelWords = "classlabels_strings";
const labelNumbers = ["classlabels_int64s", "classlabels_ints"];

/**
 * @throws MillwrightError `MODEL_*` for a broken file; `RUNTIME_FAILED`, `GRAPH_UNSUPPORTED` where ONNX Runtime
 *   does not take it.
 */
export async function openForeign(name: string, bytes: Uint8Array): Promise<ForeignFile> {
  const whole = readNamed(name, bytes, (all) => readOnnx(all));
  const labelled = whole.nodes.findLast(
    ({ attributes }) =>
      attributes.strings(labelWords)?.length || labelNumbers.some((key) => attributes.ints(key)?.length),
  );
  const words = labelled?.attributes.strings(labelWords);
  const named = words?.length ? words : undefined;
  const numbers = labelNumbers.flatMap((key) => labelled?.attributes.ints(key) ?? []).map(String);
  const labels = named ?? (numbers.length > 0 ? numbers : undefined);
  try {
    const session = await compile(withTensors(whole) ?? bytes, { threads: 1 });
    return { name, session, ...(labels && { labels }), numbered: named === undefined };
  } catch (error) {
    if (!(error instanceof MillwrightError)) throw error;
    throw new MillwrightError(error.code, `${name}: ${error.what}`, error.fix, { cause: error });
  }
}

/** The graph with matrices for maps; undefined where the file can run as it stands. */
function withTensors(whole: Graph): Graph | undefined {
  let changed = false;
  const outputs = new Map<string, AnyValue>();
  for (const [name, value] of whole.outputs) {
    const { producer } = value;
    const matrix = producer.kind === "node" && producer.type === "ZipMap" ? producer.inputs[0] : undefined;
    if (matrix !== undefined) changed = true;
    outputs.set(name, matrix ?? value);
  }
  if (!changed) return undefined;
  const { inputs, metadata, name, carried } = whole;
  return graph({ inputs, outputs, metadata, name, carried });
}
