/** The one file of a sequence task: rows in the order of time in, a label, a number or the next values out. */
import type { Random } from "../../core/index.ts";
import {
  add,
  argMax,
  constant,
  gather,
  graph,
  mul,
  simplify,
  sub,
  type Value,
  writeOnnx,
} from "../../graph/index.ts";
import type { ModelMetadata, ModelTask } from "../../model/index.ts";
import { type ComposedModel, composedOf } from "../../pipeline/index.ts";
import { compile } from "../../runtime/index.ts";
import type { ColumnSchema, Schema, SequenceColumnSchema } from "../../schema/index.ts";
import type { Intervals } from "./intervals.ts";
import { sequenceValue } from "./run-graph.ts";

export interface SequenceModelParts {
  /** Of the table; its features that are read have the role ignore. */
  readonly columns: readonly ColumnSchema[];
  readonly input: SequenceColumnSchema;
  readonly target: ColumnSchema;
  readonly task: ModelTask;
  readonly classes?: readonly string[];
  /** Mean and spread of each of the input's columns, which golden sequences are drawn by. */
  readonly figures: readonly { readonly mean: number; readonly deviation: number }[];
  /** Of the column of times, if it is among them: milliseconds of a step. */
  readonly stepMs?: number;
  emit(x: Value): Value;
  /** Of a forecast. */
  readonly intervals?: Intervals | undefined;
  readonly about: Required<Pick<ModelMetadata, "card" | "data" | "recipe">>;
  readonly random: Random;
}

/** Composes the graph and answers its golden sequences by running it. */
export async function composeSequences(parts: SequenceModelParts): Promise<ComposedModel> {
  const { input, target, task, classes, about } = parts;
  const x = sequenceValue(input.name, { steps: input.steps, columns: input.columns.length });
  const answer = parts.emit(x);
  const labels = classes && constant({ dtype: "string", shape: [classes.length], data: classes });
  const outputs: Record<string, Value> =
    labels === undefined
      ? { prediction: answer, ...(parts.intervals && endsOf(x, answer, parts.intervals)) }
      : { prediction: gather(labels, argMax(answer, { axis: 1, keepDims: true })), probabilities: answer };
  const whole = simplify(graph({ inputs: [x], outputs }));
  const schema: Schema = { columns: [...parts.columns, input, target] };
  return composedOf(whole, {
    schema,
    task,
    ...(classes && { classes }),
    golden: await answerGolden(writeOnnx(whole), parts),
    ...about,
  });
}

function endsOf(
  x: Value,
  answer: Value,
  { margins, spread }: Intervals,
): { readonly low: Value; readonly high: Value } {
  const margin = mul(
    spread(x),
    constant({ dtype: "float64", shape: [1, margins.length], data: Float64Array.from(margins) }),
  );
  return { low: sub(answer, margin), high: add(answer, margin) };
}

/** The mean standing still, a slope, and noise with gaps: no row of the table. */
async function answerGolden(
  bytes: Uint8Array,
  { input, figures, stepMs, random, task, classes }: SequenceModelParts,
): Promise<ModelMetadata["golden"]> {
  const { steps, columns, name } = input;
  const shapes: ((step: number) => number)[] = [
    () => 0,
    (step) => (2 * step) / steps - 1,
    (step) => (step % 5 === 3 ? Number.NaN : random.normal()),
  ];
  const width = columns.length;
  const sequences = shapes.map((shape) => {
    const values = new Float64Array(steps * width);
    for (let step = 0; step < steps; step++) {
      figures.forEach(
        ({ mean, deviation }, c) => (values[step * width + c] = mean + deviation * shape(step)),
      );
      if (stepMs !== undefined) values[step * width + width - 1] = 1_577_836_800_000 + step * stepMs;
    }
    return values;
  });
  const data = new Float64Array(sequences.length * steps * width);
  sequences.forEach((values, i) => data.set(values, i * steps * width));
  const session = await compile(bytes, { threads: 1 });
  try {
    const answers = await session.run({
      [name]: { dtype: "float64", shape: [sequences.length, steps, width], data },
    });
    const rowsOf = (values: Float64Array): number[][] => {
      const count = values.length / sequences.length;
      return sequences.map((_, i) => [...values.subarray(i * count, (i + 1) * count)]);
    };
    const prediction = answers["prediction"]!.data;
    return {
      inputs: { [name]: sequences.map((values) => base64Of(values)) },
      prediction:
        task.kind === "forecast"
          ? rowsOf(prediction as Float64Array)
          : [...(prediction as Float64Array | readonly string[])],
      ...(classes && { probabilities: rowsOf(answers["probabilities"]!.data as Float64Array) }),
      ...(answers["low"] && { low: rowsOf(answers["low"].data as Float64Array) }),
      ...(answers["high"] && { high: rowsOf(answers["high"].data as Float64Array) }),
    };
  } finally {
    await session.release();
  }
}

/** float64, the lowest byte first. */
function base64Of(values: Float64Array): string {
  const bytes = Buffer.alloc(8 * values.length);
  values.forEach((value, i) => bytes.writeDoubleLE(value, 8 * i));
  return bytes.toString("base64");
}
