/**
 * Opens a model file: reads it, checks what it says about itself, checks what it computes.
 *
 * The order is from cheap to dear, so that the first thing wrong is the one that
 * is named: metadata, schema, graph, golden rows.
 */
import { MillwrightError } from "../core/index.ts";
import { readOnnxMetadata } from "../graph/index.ts";
import type { Device } from "../runtime/index.ts";
import { type Schema, schemaDifference } from "../schema/index.ts";
import { checkGolden } from "./golden.ts";
import { decodeMetadata, type ModelMetadata } from "./metadata.ts";
import { createModel, type Model } from "./model.ts";
import { openSession } from "./session.ts";
import { type ModelSource, readNamed, readSource } from "./source.ts";

export interface LoadOptions {
  /** Where it runs. Default "cpu": the native package where it is installed, else WebAssembly. */
  readonly device?: Device;
  /** What messages call the model; its file name unless told. */
  readonly name?: string;
}

/**
 * Opens a model file for predicting.
 *
 * @param source - Path (Node), http(s) address, or the bytes.
 * @param schema - What the application was written for, as `millwright types` writes it. It types rows and
 *   predictions, and a file with another schema is refused.
 * @throws MillwrightError `SOURCE_NOT_FOUND`, `SOURCE_UNREADABLE`, `SOURCE_UNREACHABLE` for the file;
 *   `MODEL_INVALID`, `MODEL_LIMIT`, `MODEL_VERSION` for what it says; `SCHEMA_MISMATCH` naming the first column
 *   that differs; `MODEL_CHANGED` where its golden rows get other answers; `RUNTIME_MISSING`.
 */
export async function load<S extends Schema = Schema>(
  source: ModelSource,
  schema?: S,
  options: LoadOptions = {},
): Promise<Model<S>> {
  const file = await readSource(source);
  const name = options.name ?? file.name;
  const metadata = decodeMetadata(readNamed(name, file.bytes, readOnnxMetadata), name);
  if (schema !== undefined) requireSchema(name, metadata, schema);
  const session = await openSession(file.bytes, metadata, name, options.device);
  try {
    await checkGolden(name, metadata, session.run);
  } catch (error) {
    await session.release();
    throw error;
  }
  return createModel<S>({ name, metadata, bytes: file.bytes, session });
}

/**
 * Reads what a model file says about itself, without running it.
 *
 * @throws MillwrightError as `load` does for the file and its metadata.
 */
export async function readMetadata(source: ModelSource): Promise<ModelMetadata> {
  const { bytes, name } = await readSource(source);
  return decodeMetadata(readNamed(name, bytes, readOnnxMetadata), name);
}

function requireSchema(name: string, metadata: ModelMetadata, schema: Schema): void {
  const difference = schemaDifference(metadata.schema, schema);
  if (difference === undefined) return;
  throw new MillwrightError(
    "SCHEMA_MISMATCH",
    `${name} is another model than this code was written for: ${difference}.`,
    `Run \`npx millwright types ${name}\` and fix what no longer compiles, or deploy the old file.`,
  );
}
