/** A file in a race: asked what it answers, and written with what it is and how good it was. */
import type { Json } from "../../core/index.ts";
import { load, type Model, type ModelMetadata } from "../../model/index.ts";
import type { ComposedModel } from "../../pipeline/index.ts";
import type { MetricFigure } from "../tabular/judge.ts";

/** What `ask` gets from the file, which is closed then. */
export async function askFile<T>(bytes: Uint8Array, ask: (model: Model) => Promise<T>): Promise<T> {
  const model = await load(bytes, undefined, { name: "model.onnx" });
  try {
    return await ask(model);
  } finally {
    await model.close();
  }
}

/** The file with its figures on the untouched rows. */
export function writeJudged(
  composed: ComposedModel,
  rowCount: number,
  metrics: readonly MetricFigure[],
): Uint8Array {
  return composed.write({
    rows: "test",
    rowCount,
    values: metrics.map(({ name, value, low, high, baseline }) => ({
      name,
      value,
      // A metric whose resamples are all equal has no interval.
      ...(Number.isNaN(low) ? {} : { low, high }),
      baseline,
    })),
  });
}

/** What an entrant is: all of it on the card. */
export interface Entered {
  readonly title: string;
  readonly parameters: Json;
  readonly summary: Json;
}

type Card = NonNullable<ModelMetadata["card"]>;

/** @param title - Of what is shipped; it stands alone. */
export function cardMembers({ title, parameters, summary }: Entered): Card["members"] {
  return [{ family: title, weight: 1, parameters, summary }];
}

/** What a card says of threads, where there were several. */
export function threadNotes(threads: number): string[] {
  if (threads <= 1) return [];
  return [
    `Trained on ${threads} threads, which share each batch: training again on as many gives the same answers, and on another number others.`,
  ];
}
