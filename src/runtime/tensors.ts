/** Tensors and ports between us and ONNX Runtime: the same arrays, wrapped and unwrapped without a copy. */
import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-common";
import { type DType, MillwrightError, nearest, type Tensor, type TensorData } from "../core/index.ts";
import type { Dim } from "../graph/index.ts";
import type { Ort } from "./backend.ts";

/** An input or output of a session. */
export interface Port {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly Dim[];
}

export type Feeds = Readonly<Record<string, Tensor>>;
export type OrtFeeds = Record<string, OrtTensor>;

const dtypes: ReadonlySet<string> = new Set<DType>([
  "float32",
  "float64",
  "int64",
  "int32",
  "bool",
  "string",
  "uint8",
]);

/** @throws MillwrightError `GRAPH_UNSUPPORTED` for a port of a type that we do not compute with. */
export function portsOf(metadata: readonly InferenceSession.ValueMetadata[]): Port[] {
  return metadata.map((each) => {
    const type = each.isTensor ? each.type : "a sequence or map";
    if (!each.isTensor || !dtypes.has(type)) {
      throw new MillwrightError(
        "GRAPH_UNSUPPORTED",
        `"${each.name}" of the graph is ${type}, which cannot be fed or read here.`,
        `Cast it inside the graph to one of ${[...dtypes].join(", ")}.`,
      );
    }
    return {
      name: each.name,
      dtype: type as DType,
      shape: each.shape.map((dim) => (dim === "" ? "?" : dim)),
    };
  });
}

/**
 * Wraps what is fed, checking names and dtypes. About 0.3 µs a tensor.
 *
 * @throws MillwrightError `RUNTIME_FAILED` for a missing input, `DTYPE_MISMATCH`.
 */
export function wrapFeeds(ort: Ort, inputs: readonly Port[], feeds: Feeds): OrtFeeds {
  // Without a prototype, an input may be named "__proto__".
  const wrapped = Object.create(null) as OrtFeeds;
  for (const { name, dtype } of inputs) {
    const tensor = Object.hasOwn(feeds, name) ? feeds[name] : undefined;
    if (tensor === undefined) throw missingInput(name, feeds);
    if (tensor.dtype !== dtype) {
      throw new MillwrightError(
        "DTYPE_MISMATCH",
        `The input "${name}" is ${dtype}, and is fed ${tensor.dtype}.`,
        "Feed the dtype that the session's inputs list.",
      );
    }
    wrapped[name] = new ort.Tensor(dtype, tensor.data as Float32Array, tensor.shape) as OrtTensor;
  }
  return wrapped;
}

export function fromOrt({ type, dims, data }: OrtTensor): Tensor {
  return { dtype: type as DType, shape: dims, data: data as TensorData };
}

function missingInput(name: string, feeds: Feeds): MillwrightError {
  const guess = nearest(name, Object.keys(feeds));
  return new MillwrightError(
    "RUNTIME_FAILED",
    `The input "${name}" is not fed${guess === undefined ? "" : `; the nearest name fed is "${guess}"`}.`,
    "Feed every input of the session.",
  );
}
