/**
 * The session of a model file, checked against the contract: one input a feature,
 * named as its column, and the outputs `prediction` and what stands beside it.
 */
import { MillwrightError, type Tensor } from "../core/index.ts";
import { compile, type Device, type LocalSession, type Port } from "../runtime/index.ts";
import { featureColumns, inputShape, inputType } from "../schema/index.ts";
import { type Outputs, placesOf } from "./answers.ts";
import { besidesOf, horizonOf, type ModelMetadata } from "./metadata.ts";

type Feeds = Readonly<Record<string, Tensor>>;

/** Runs a model's graph for the outputs of the contract. */
export interface ModelSession {
  /** Runs once. */
  readonly run: (feeds: Feeds) => Promise<Outputs>;
  /** Prepares runs on the same arrays: refill them between runs. */
  readonly bind: (feeds: Feeds) => () => Promise<Outputs>;
  readonly release: () => Promise<void>;
}

/**
 * Compiles a file on one thread, so that its answers have the same bits every time.
 *
 * @throws MillwrightError `MODEL_INVALID` where the graph's inputs or outputs are not those of the metadata,
 *   or ONNX Runtime refuses the graph.
 */
export async function openSession(
  bytes: Uint8Array,
  metadata: ModelMetadata,
  name: string,
  device: Device = "cpu",
): Promise<ModelSession> {
  let session: LocalSession;
  try {
    session = await compile(bytes, { device, threads: 1 });
  } catch (cause) {
    if (cause instanceof MillwrightError && cause.code === "RUNTIME_FAILED") {
      throw invalid(name, `does not load: ${cause.what}`, cause);
    }
    throw cause;
  }
  const problem = findPortProblem(session, metadata);
  if (problem !== undefined) {
    await session.release();
    throw invalid(name, problem);
  }
  const outputs = ["prediction", ...besidesOf(metadata)];
  return {
    run: (feeds) => session.run(feeds, outputs) as Promise<Record<string, Tensor> & Outputs>,
    bind: (feeds) => {
      const bound = session.bind(feeds, outputs);
      return () => bound.run() as Promise<Record<string, Tensor> & Outputs>;
    },
    release: () => session.release(),
  };
}

function findPortProblem(session: LocalSession, metadata: ModelMetadata): string | undefined {
  const columns = featureColumns(metadata.schema);
  const inputs = new Map(session.inputs.map((port) => [port.name, port]));
  for (const column of columns) {
    const sizes = inputShape(column, 1).slice(1);
    // A file may take pictures of any size.
    const open = column.kind === "image" ? 2 : 0;
    const problem = findMismatch(
      "input",
      column.name,
      inputs.get(column.name),
      inputType(column),
      sizes,
      open,
    );
    if (problem !== undefined) return problem;
    inputs.delete(column.name);
  }
  for (const extra of inputs.keys()) return `has the input "${extra}", which is no feature of its schema`;
  const outputs = new Map(session.outputs.map((port) => [port.name, port]));
  const { classes } = metadata;
  const type = classes === undefined ? "float64" : "string";
  const horizon = horizonOf(metadata);
  const sizes = [horizon ?? placesOf(metadata) ?? 1];
  const problem = findMismatch("output", "prediction", outputs.get("prediction"), type, sizes);
  if (problem !== undefined) return problem;
  for (const beside of besidesOf(metadata)) {
    const found = findMismatch("output", beside, outputs.get(beside), "float64", [
      horizon ?? classes!.length,
    ]);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A port of the contract is [a named dimension, ...sizes]. @param open - So many of the first sizes may be names. */
function findMismatch(
  what: string,
  name: string,
  port: Port | undefined,
  dtype: string,
  sizes: readonly number[],
  open = 0,
): string | undefined {
  if (port === undefined) return `has no ${what} "${name}"`;
  const [rows, ...rest] = port.shape;
  const asSaid =
    rest.length === sizes.length &&
    rest.every((size, axis) => size === sizes[axis] || (axis < open && typeof size === "string"));
  const fits = port.dtype === dtype && typeof rows === "string" && asSaid;
  const got = `${port.dtype} [${port.shape.join(", ")}]`;
  return fits
    ? undefined
    : `has the ${what} "${name}" as ${got}, and the contract says ${dtype} [batch, ${sizes.join(", ")}]`;
}

function invalid(name: string, what: string, cause?: unknown): MillwrightError {
  return new MillwrightError(
    "MODEL_INVALID",
    `${name} ${what}.`.replace(/\.\.$/, "."),
    "Train it again, or take the file from its source again.",
    { cause },
  );
}
