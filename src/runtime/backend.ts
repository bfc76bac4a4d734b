/**
 * Which ONNX Runtime runs: the native package in Node, else WebAssembly.
 *
 * Both are optional. The native one is imported by a computed name, so that a
 * browser bundle does not look for it.
 */
import type { Env, InferenceSessionFactory, TensorConstructor } from "onnxruntime-common";
import { MillwrightError } from "../core/index.ts";

export type Device = "cpu" | "webgpu" | "wasm";

/** The part of an ONNX Runtime package that we use. */
export interface Ort {
  readonly InferenceSession: InferenceSessionFactory;
  readonly Tensor: TensorConstructor;
  readonly env: Env;
}

export interface Backend {
  readonly ort: Ort;
  readonly packageName: "onnxruntime-node" | "onnxruntime-web";
  /** Execution provider to ask for. */
  readonly provider: string;
}

const nativePackage = "onnxruntime-node";
const inNode = typeof process !== "undefined" && typeof process.versions?.node === "string";

let native: Promise<Ort | undefined> | undefined;
let web: Promise<Ort | undefined> | undefined;

async function importNative(): Promise<Ort | undefined> {
  try {
    const module = (await import(/* @vite-ignore */ nativePackage)) as Ort & { default?: Ort };
    return module.InferenceSession ? module : module.default;
  } catch {
    return undefined;
  }
}

async function importWeb(): Promise<Ort | undefined> {
  try {
    const ort = (await import("onnxruntime-web")) as unknown as Ort;
    // Threads need a page that is cross-origin isolated; and everything reproducible runs on one.
    ort.env.wasm.numThreads = 1;
    return ort;
  } catch {
    return undefined;
  }
}

/**
 * Loads the runtime for a device.
 *
 * @throws MillwrightError `RUNTIME_MISSING` where no package can run it.
 */
export async function loadBackend(device: Device): Promise<Backend> {
  if (inNode && device !== "wasm") {
    const ort = await (native ??= importNative());
    if (ort) return { ort, packageName: "onnxruntime-node", provider: device };
  }
  const ort = await (web ??= importWeb());
  if (ort && !(inNode && device === "webgpu")) {
    return { ort, packageName: "onnxruntime-web", provider: device === "webgpu" ? "webgpu" : "wasm" };
  }
  const wanted = device === "cpu" || device === "webgpu" ? "onnxruntime-node" : "onnxruntime-web";
  throw new MillwrightError(
    "RUNTIME_MISSING",
    `No ONNX Runtime is installed that runs on "${device}".`,
    `Run: npm install ${inNode ? wanted : "onnxruntime-web"}@1.30.0`,
  );
}
