/** Runs a graph over many sequences, block by block, and gathers what it gives. */
import type { Tensor } from "../../core/index.ts";
import { graph, input, type Value } from "../../graph/index.ts";
import { compile } from "../../runtime/index.ts";

/** Name of the graph's input in training and, where no column bears it, in a file. */
export const sequenceInput = "sequence";
const blockRows = 128;

export interface SequenceSize {
  readonly steps: number;
  readonly columns: number;
}

/** The graph's input: float64 [batch, steps, columns]. */
export const sequenceValue = (name: string, { steps, columns }: SequenceSize): Value =>
  input(name, "float64", ["batch", steps, columns]);

/**
 * @param x - Row-major [rows, steps, columns].
 * @param emit - Outputs by name; each has a whole number of values a row.
 * @returns Values of each output, one row after the other, as float64.
 */
export async function runOver<K extends string>(
  x: Float64Array,
  size: SequenceSize,
  emit: (x: Value) => Readonly<Record<K, Value>>,
): Promise<Record<K, Float64Array>> {
  const width = size.steps * size.columns;
  const rowCount = x.length / width;
  const given = sequenceValue(sequenceInput, size);
  const outputs = emit(given);
  const session = await compile(graph({ inputs: [given], outputs }), { threads: 1 });
  const found = {} as Record<K, Float64Array>;
  try {
    for (let start = 0; start < rowCount; start += blockRows) {
      const count = Math.min(blockRows, rowCount - start);
      const data = x.slice(start * width, (start + count) * width);
      const feed: Tensor = { dtype: "float64", shape: [count, size.steps, size.columns], data };
      const answers = await session.run({ [sequenceInput]: feed });
      for (const name of Object.keys(outputs) as K[]) {
        const values = answers[name]!.data as Float64Array;
        found[name] ??= new Float64Array((values.length / count) * rowCount);
        found[name].set(values, (values.length / count) * start);
      }
    }
  } finally {
    await session.release();
  }
  return found;
}
