/**
 * Where a model file comes from: a path, an address, or bytes; in Node and in a browser.
 *
 * Node's file system is asked for at run time, so that a bundle for the browser needs no Node module.
 */
import { MillwrightError } from "../core/index.ts";

/** A path (Node), an http(s) or file address, or the bytes themselves. */
export type ModelSource = string | URL | Uint8Array | ArrayBuffer;

/** The bytes of a source, and its name for messages. */
export interface ModelBytes {
  readonly bytes: Uint8Array;
  readonly name: string;
}

/**
 * Reads what a file's bytes hold, and names the file where they are broken.
 *
 * @throws MillwrightError `MODEL_INVALID`, `MODEL_LIMIT` as `read` does, with the file's name.
 */
export function readNamed<T>(name: string, bytes: Uint8Array, read: (bytes: Uint8Array) => T): T {
  if (bytes.length === 0) {
    throw new MillwrightError("MODEL_INVALID", `${name} is empty.`, "Take the file from its source again.");
  }
  try {
    return read(bytes);
  } catch (error) {
    if (!(error instanceof MillwrightError)) throw error;
    const { code, what, fix } = error;
    throw new MillwrightError(code, `${name} is not a sound ONNX model. ${what}`, fix, { cause: error });
  }
}

/**
 * Reads a model file.
 *
 * @throws MillwrightError `SOURCE_NOT_FOUND`, `SOURCE_UNREADABLE` or `SOURCE_UNREACHABLE`.
 */
export async function readSource(source: ModelSource): Promise<ModelBytes> {
  if (source instanceof Uint8Array) return { bytes: source, name: "the model" };
  if (typeof source !== "string" && !(source instanceof URL)) {
    return { bytes: new Uint8Array(source), name: "the model" };
  }
  const address = String(source);
  const name = /[^/\\]*$/.exec(address.replace(/[?#].*$/, ""))![0] || address;
  const inNode = typeof process !== "undefined" && process.versions?.node !== undefined;
  const isWeb = /^(https?|blob|data):/i.test(address);
  return { name, bytes: isWeb || !inNode ? await fetchBytes(source) : await readBytes(source) };
}

async function fetchBytes(address: string | URL): Promise<Uint8Array> {
  let response: Response;
  try {
    response = await fetch(address);
  } catch (cause) {
    throw unreachable(String(address), "did not answer", cause);
  }
  if (!response.ok) throw unreachable(String(address), `answered ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

async function readBytes(path: string | URL): Promise<Uint8Array> {
  const { readFile } = process.getBuiltinModule("node:fs/promises");
  const { fileURLToPath } = process.getBuiltinModule("node:url");
  const file = path instanceof URL || path.startsWith("file:") ? fileURLToPath(path) : path;
  try {
    return await readFile(file);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === "ENOENT") {
      throw new MillwrightError(
        "SOURCE_NOT_FOUND",
        `There is no model file ${file}.`,
        "Check the path, or make the file with `npx millwright train`.",
        { cause },
      );
    }
    throw new MillwrightError(
      "SOURCE_UNREADABLE",
      `The model file ${file} cannot be read${code === "EISDIR" ? ": it is a folder" : ` (${code})`}.`,
      code === "EISDIR" ? "Name a file in it." : "Give this process the right to read it.",
      { cause },
    );
  }
}

function unreachable(address: string, what: string, cause?: unknown): MillwrightError {
  const shown = address.length > 120 ? `${address.slice(0, 120)}…` : address;
  return new MillwrightError(
    "SOURCE_UNREACHABLE",
    `${shown} ${what}.`,
    "Check the address and the network.",
    { cause },
  );
}
