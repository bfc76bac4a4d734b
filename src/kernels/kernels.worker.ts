/** A thread of the team: the kernels on the shared memory, waiting for commands until told to end. */
import { workerData } from "node:worker_threads";
import { instantiate, type WorkerStart } from "./kernels.ts";

const { module, memory, desk } = workerData as WorkerStart;
const { serve } = instantiate(module, memory).exports as Record<string, (desk: number) => void>;
serve!(desk);
