/**
 * Starts a worker thread whose file lies beside its caller: `dist/*.js`, or `src/*.ts` under tests,
 * where Node 20 has no type stripping and a loader given by `execArgv` does not reach threads.
 */
import type { Worker } from "node:worker_threads";

/**
 * @param name - File name without extension, beside the caller: `kernels.worker`.
 * @param base - The caller's `import.meta.url`.
 * @param workerData - Structured-cloneable, or shared memory.
 */
export function startWorker(name: string, base: string, workerData: unknown): Worker {
  // Asked for at run time, so that a browser bundle of this folder needs no Node module.
  const threads = process.getBuiltinModule("node:worker_threads");
  if (!base.endsWith(".ts")) {
    // Flags are inherited, but this one is an error for a worker that is a file. Told flags may not be V8's, which
    // inherited ones may (`--max-old-space-size`), so none are told.
    const inherits = !process.execArgv.some((flag) => flag.startsWith("--input-type"));
    return new threads.Worker(new URL(`${name}.js`, base), {
      workerData,
      ...(!inherits && { execArgv: [] }),
    });
  }
  const url = new URL(`${name}.ts`, base).href;
  return new threads.Worker(
    `import("tsx/esm/api").then((tsx) => { tsx.register(); return import(${JSON.stringify(url)}); });`,
    { eval: true, workerData },
  );
}
