/** What tests of steps share: frames out of plain arrays, the context of a fit, columns by name. */
import { createRandom } from "../core/index.ts";

export { frameOf, type Plain, type PlainColumn } from "../testing/frame.ts";

/** The context of a fit. */
export function contextOf(seed = 1): { random: ReturnType<typeof createRandom> } {
  return { random: createRandom(seed) };
}

/** Columns of a matrix by feature name. */
export function byName(matrix: {
  readonly features: readonly { readonly name: string }[];
  readonly columns: readonly (Float32Array | Float64Array)[];
}): Record<string, number[]> {
  return Object.fromEntries(matrix.features.map(({ name }, j) => [name, Array.from(matrix.columns[j]!)]));
}
