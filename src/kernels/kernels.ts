/**
 * The compiled kernels with their memory and their team of threads.
 *
 * Thread 0 is the caller; the others are worker threads that sleep on the shared memory between commands and never
 * keep the process alive. One `Kernels` serves one fit at a time.
 */
import type { Worker } from "node:worker_threads";
import { startWorker } from "../core/index.ts";
import { KernelMemory } from "./memory.ts";

/** Exports of kernels.wasm that are called from outside. */
interface Exports {
  execute(command: number, args: number, thread: number, threads: number): void;
  lead(command: number, args: number, threads: number): void;
  takeIn(desk: number, thread: number): number;
}

/** What a worker receives. */
export interface WorkerStart {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** Address where it reports for duty. */
  readonly desk: number;
}

/** Desks of the workers lie here, 16 bytes each. */
const DESKS = 36864;
/** Threads of the largest team. */
const LARGEST = 64;

let compiled: WebAssembly.Module | undefined;

/** The compiled kernels; compiled once a process. */
export function kernelModule(): WebAssembly.Module {
  if (compiled === undefined) {
    const { readFileSync } = process.getBuiltinModule("node:fs");
    compiled = new WebAssembly.Module(readFileSync(new URL("./kernels.wasm", import.meta.url)));
  }
  return compiled;
}

/** An instance of the kernels on a memory, for the caller or a worker. */
export function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): WebAssembly.Instance {
  // The control block lies in the first page, so this view stays right when the memory grows.
  const words = new Int32Array(memory.buffer, 0, 16384);
  return new WebAssembly.Instance(module, {
    env: {
      memory,
      sleep: (word: number, seen: number) => Atomics.wait(words, word >> 2, seen | 0),
      wake: (word: number) => Atomics.notify(words, word >> 2),
    },
  });
}

export class Kernels {
  readonly memory = new KernelMemory();
  readonly #exports: Exports;
  readonly #workers: Worker[] = [];
  #team = 1;

  /**
   * Starts a team. Its workers join while it works: whoever is not there yet is not waited for, which is harmless
   * because the size of the team changes no result.
   *
   * @param threads - Threads of the full team, the caller included, 1 … 64.
   */
  constructor(threads: number) {
    const module = kernelModule();
    const instance = instantiate(module, this.memory.wasm);
    this.#exports = instance.exports as unknown as Exports;
    for (let i = 1; i < Math.min(threads, LARGEST); i++) {
      const start: WorkerStart = { module, memory: this.memory.wasm, desk: DESKS + 16 * i };
      const worker = startWorker("kernels.worker", import.meta.url, start);
      worker.unref();
      this.#workers.push(worker);
    }
  }

  /** Threads of the full team, the caller included. */
  get threads(): number {
    return this.#workers.length + 1;
  }

  /** Runs a command on the calling thread alone. */
  runAlone(command: number, args: number): void {
    this.#exports.execute(command, args, 0, 1);
  }

  /** Runs a command with the team as it is now, and returns its size. */
  run(command: number, args: number): number {
    for (let i = this.#team; i < this.threads; i++) {
      // Workers join in the order of their desks, so that thread numbers have no gap.
      if (this.#exports.takeIn(DESKS + 16 * i, i) === 0) break;
      this.#team++;
    }
    if (this.#team === 1) this.runAlone(command, args);
    else this.#exports.lead(command, args, this.#team);
    return this.#team;
  }

  /** Ends the workers. */
  async close(): Promise<void> {
    await Promise.all(this.#workers.splice(0).map((worker) => worker.terminate()));
  }
}
