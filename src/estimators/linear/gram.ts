/**
 * Gram matrices Z Zᵀ summed over blocks of columns, the one heavy product of the linear fits.
 *
 * A small one is plain loops; a large one is a float64 graph product per block,
 * summed here in block order, so that the answer is the same for any number of threads.
 */
import { gemm, graph, input } from "../../graph/index.ts";
import { compile } from "../../runtime/index.ts";
import { dot } from "./cholesky.ts";

export interface GramBlocks {
  readonly blockCount: number;
  /** Rows of a block, and of the answer. */
  readonly rows: number;
  /** Columns of a block, the length that is summed over. */
  readonly columns: number;
  readonly threads: number;
}

/** Below this many multiplications, plain loops beat starting a session. */
const plainLimit = 4e6;

/**
 * @param fill - Writes a block, row-major with `width` columns, zeros where it has none.
 * @returns Σ over blocks of Z Zᵀ. Shape [rows, rows].
 */
export async function gramOfBlocks(
  blocks: GramBlocks,
  fill: (block: number, out: Float64Array, width: number) => void,
): Promise<Float64Array> {
  const { rows, columns, blockCount } = blocks;
  const total = new Float64Array(rows * rows);
  const block = new Float64Array(rows * columns);
  if (blockCount * rows * rows * columns <= plainLimit) {
    for (let k = 0; k < blockCount; k++) {
      fill(k, block, columns);
      addPlain(total, block, rows, columns);
    }
    return total;
  }
  const z = input("z", "float64", ["rows", "columns"]);
  const product = graph({ inputs: [z], outputs: { gram: gemm(z, z, undefined, { transB: true }) } });
  const session = await compile(product, { threads: blocks.threads });
  try {
    const bound = session.bind({ z: { dtype: "float64", shape: [rows, columns], data: block } });
    for (let k = 0; k < blockCount; k++) {
      fill(k, block, columns);
      const gram = (await bound.run())["gram"]!.data as Float64Array;
      for (let i = 0; i < total.length; i++) total[i]! += gram[i]!;
    }
  } finally {
    await session.release();
  }
  return total;
}

function addPlain(total: Float64Array, block: Float64Array, rows: number, columns: number): void {
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j <= i; j++) {
      const product = dot(block, i * columns, block, j * columns, columns);
      total[i * rows + j]! += product;
      if (j < i) total[j * rows + i] = total[i * rows + j]!;
    }
  }
}
