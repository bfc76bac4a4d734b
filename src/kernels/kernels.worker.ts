/** A thread of the team: the kernels on the shared memory, waiting for commands until told to end. */
import { workerData } from "node:worker_threads";
import type { WorkerStart } from "./kernels.ts";

const { module, memory, desk } = workerData as WorkerStart;
const instance = new WebAssembly.Instance(module, { env: { memory } });
(instance.exports["serve"] as (desk: number) => void)(desk);
