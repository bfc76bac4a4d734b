/** The derivatives of a loss of the user's own, row by row: what the gradient kernel does for ours. */
import type { KernelMemory } from "../../kernels/index.ts";
import { derivatives, type Loss } from "../index.ts";

/** Rows of a partial sum, as in the kernel. */
const chunk = 4096;

/** Float pairs (g, h) of the rows, and the sums of |g| and h per chunk. */
export function ownGradients(
  memory: KernelMemory,
  loss: Loss,
  job: {
    readonly scores: Float64Array;
    readonly targets: Float64Array;
    readonly weights: Float64Array | undefined;
    /** Place of the pairs, 8 bytes a row. */
    readonly pairs: number;
    /** Place of the sums, 16 bytes a chunk. */
    readonly sums: number;
  },
): void {
  const { scores, targets, weights } = job;
  const n = scores.length;
  const pairs = memory.f32(job.pairs, 2 * n);
  const sums = memory.f64(job.sums, 2 * Math.ceil(n / chunk));
  sums.fill(0);
  for (let i = 0; i < n; i++) {
    const w = weights?.[i] ?? 1;
    const { g, h } = derivatives(loss, scores[i]!, targets[i]!);
    pairs[2 * i] = w * g;
    pairs[2 * i + 1] = w * h;
    const at = 2 * Math.floor(i / chunk);
    sums[at]! += Math.abs(pairs[2 * i]!);
    sums[at + 1]! += pairs[2 * i + 1]!;
  }
}
