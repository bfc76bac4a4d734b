/**
 * The products with blocks of rows that a fit by second derivatives needs: scores, sums over
 * rows, and the Gram matrix under weights that change with every step.
 */
import { gemm, graph, input, mul } from "../../graph/index.ts";
import { compile, type Session } from "../../runtime/index.ts";
import { dot } from "./cholesky.ts";
import type { RowBlocks } from "./row-blocks.ts";

/** Below this many multiplications a Gram matrix is plain loops. */
const plainLimit = 4e6;

export interface BlockProducts {
  readonly blocks: RowBlocks;
  /** z · v of every row. @param v - Shape [q]. */
  scores(v: Float64Array): Float64Array;
  /** Σ d z over rows. @param d - Shape [rows]. @returns Shape [q]. */
  sums(d: Float64Array): Float64Array;
  /** Σ d z zᵀ over rows. @param d - Shape [rows]. @returns Shape [q, q]. */
  gram(d: Float64Array): Promise<Float64Array>;
  /** Gives its session back. */
  release(): Promise<void>;
}

export function blockProducts(blocks: RowBlocks, threads: number): BlockProducts {
  const { q, width, z, rowCount } = blocks;
  const small = z.length * width * q * q <= plainLimit;
  const scratch = new Float64Array(width);
  const scaled = small ? new Float64Array(q * width) : scratch;
  let session: Promise<Session> | undefined;
  const countOf = (b: number): number => Math.min(width, rowCount - b * width);
  return {
    blocks,
    scores(v) {
      const out = new Float64Array(rowCount);
      z.forEach((block, b) => {
        const part = out.subarray(b * width, b * width + countOf(b));
        for (let a = 0; a < q; a++) {
          const slope = v[a]!;
          if (slope === 0) continue;
          const row = block.subarray(a * width, a * width + part.length);
          for (let i = 0; i < part.length; i++) part[i]! += slope * row[i]!;
        }
      });
      return out;
    },
    sums(d) {
      const out = new Float64Array(q);
      z.forEach((block, b) => {
        for (let a = 0; a < q; a++) out[a]! += dot(block, a * width, d, b * width, countOf(b));
      });
      return out;
    },
    async gram(d) {
      const total = new Float64Array(q * q);
      for (let b = 0; b < z.length; b++) {
        const block = z[b]!;
        scratch.fill(0);
        scratch.set(d.subarray(b * width, b * width + countOf(b)));
        if (small) {
          for (let a = 0; a < q; a++)
            for (let i = 0; i < width; i++) scaled[a * width + i] = block[a * width + i]! * scratch[i]!;
          for (let a = 0; a < q; a++)
            for (let c = 0; c <= a; c++) total[a * q + c]! += dot(scaled, a * width, block, c * width, width);
          continue;
        }
        session ??= compile(gramGraph(), { threads });
        const { gram } = await (await session).run({
          z: { dtype: "float64", shape: [q, width], data: block },
          d: { dtype: "float64", shape: [1, width], data: scratch },
        });
        const part = gram!.data as Float64Array;
        for (let i = 0; i < total.length; i++) total[i]! += part[i]!;
      }
      for (let a = 0; a < q; a++) for (let c = 0; c < a; c++) total[c * q + a] = total[a * q + c]!;
      return total;
    },
    async release() {
      await (await session)?.release();
    },
  };
}

function gramGraph() {
  const z = input("z", "float64", ["features", "rows"]);
  const d = input("d", "float64", [1, "rows"]);
  return graph({ inputs: [z, d], outputs: { gram: gemm(mul(z, d), z, undefined, { transB: true }) } });
}
