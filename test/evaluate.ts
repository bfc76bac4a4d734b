/** Computes graph values without inputs, for tests of ops. */
import type { Tensor } from "../src/core/index.ts";
import { graph, type Value } from "../src/graph/index.ts";
import { compile } from "../src/runtime/index.ts";

/** The tensor behind each value, computed by the runtime. */
export async function evaluate(...values: Value[]): Promise<Tensor[]> {
  const session = await compile(
    graph({ inputs: [], outputs: Object.fromEntries(values.map((v, i) => [`y${i}`, v])) }),
  );
  const results = await session.run({});
  await session.release();
  return values.map((_, i) => results[`y${i}`]!);
}

/** Elements of a tensor as plain numbers and strings; int64 as numbers. */
export function plain(tensor: Tensor): (number | string)[] {
  return Array.from(tensor.data as ArrayLike<number | bigint | string>, (x) =>
    typeof x === "bigint" ? Number(x) : x,
  );
}
