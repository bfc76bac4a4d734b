/** The file whose recipe is fitted anew, beside the new file on the rows that judge it. */
import { quantile } from "../../core/index.ts";
import { withoutPassword } from "../../data/index.ts";
import type { LabelMetric, LabelRows } from "../../metrics/index.ts";
import { load } from "../../model/index.ts";
import type { Frame } from "../../schema/index.ts";
import { type Challenge, unknownRows } from "../tabular/contender/challenge.ts";
import { drawnWeights } from "./label-figures.ts";

/** The old file's answers to the untouched rows, for the labels of the new one. */
export interface LabelRival {
  readonly model: string;
  readonly probabilities: Float64Array;
  readonly thresholds: readonly number[];
  readonly notes: readonly string[];
}

/**
 * @param held - The untouched rows, with the columns of the old file in their old kinds.
 * @param labels - Of the new file; one that the old file does not know is never its answer.
 * @param fingerprint - Of the table: where it is the old one, so are its untouched rows, since the recipe splits it.
 * @throws MillwrightError as `load`; `SCHEMA_*` where the rows lack a column.
 */
export async function answerRival(
  path: string,
  held: Frame,
  labels: readonly string[],
  fingerprint: string,
  threads: number,
): Promise<LabelRival> {
  const model = await load(path);
  try {
    const { task, classes = [], data } = model.metadata;
    const answers = await model.predictColumns(held.columns, held.rowCount, { threads });
    const places = labels.map((label) => classes.indexOf(label));
    const unknown = places.filter((place) => place < 0).length;
    const notes = [
      ...(unknown > 0 ? [`it does not know ${unknown} of ${labels.length} labels`] : []),
      ...(data?.sha256 === fingerprint ? [] : [unknownRows]),
    ];
    const width = labels.length;
    return {
      model: withoutPassword(path),
      probabilities: Float64Array.from({ length: held.rowCount * width }, (_, at) => {
        const place = places[at % width]!;
        return place < 0 ? 0 : answers.probabilities![Math.floor(at / width) * classes.length + place]!;
      }),
      thresholds: places.map((place) => (place < 0 ? Infinity : task.thresholds![place]!)),
      notes,
    };
  } finally {
    await model.close();
  }
}

/** Holds the old file against ours by the same draws of rows, or of whole groups. */
export function challengeLabels(
  { model, probabilities, thresholds, notes }: LabelRival,
  ours: LabelRows,
  metric: LabelMetric,
  seed: number,
  groups?: Int32Array,
): Challenge {
  const theirs = { ...ours, probabilities, thresholds };
  const sign = metric.greaterIsBetter ? 1 : -1;
  const weights = drawnWeights(ours, seed, groups);
  const scores = weights.map((weight) => metric.score({ ...theirs, weight }));
  const gains = weights.map((weight, at) => sign * (metric.score({ ...ours, weight }) - scores[at]!));
  const [low, high] = limits(scores);
  const [gainLow, gainHigh] = limits(gains);
  const score = metric.score(theirs);
  const gain = sign * (metric.score(ours) - score);
  return { model, score, low, high, gain, gainLow, gainHigh, notes };
}

/** The middle 95 %. */
function limits(drawn: readonly number[]): readonly [number, number] {
  const sorted = Float64Array.from(drawn).sort();
  return [quantile(sorted, 0.025), quantile(sorted, 0.975)];
}
