/** The two readings of a table of sequences as one kind of problem: rows of three parts, and what is raced on them. */
import type { Target } from "../../estimators/index.ts";
import type { Metric } from "../../metrics/index.ts";
import type { ModelTask } from "../../model/index.ts";
import type { ColumnSchema, SequenceColumnSchema } from "../../schema/index.ts";
import type { Candidate, RaceContext } from "./candidate.ts";
import type { Body } from "./options.ts";
import type { SequenceRecord } from "./run-record.ts";

export const partNames = ["train", "validation", "test"] as const;
export type PartName = (typeof partNames)[number];

export interface Problem {
  readonly reading: "label" | "forecast";
  readonly input: SequenceColumnSchema;
  /** Columns of the table in the file. */
  readonly columns: readonly ColumnSchema[];
  readonly target: ColumnSchema;
  readonly task: ModelTask;
  readonly classes?: readonly string[];
  readonly figures: readonly { readonly mean: number; readonly deviation: number }[];
  readonly stepMs?: number;
  readonly metric: Metric;
  /** Of calibration where intervals are made. */
  readonly counts: Readonly<Record<PartName, number>> & { readonly calibration?: number };
  readonly withoutAnswer: number;
  /** Row-major [rows, steps, columns]. */
  x(part: PartName): Float64Array;
  /** What a part's answers should be; of a forecast row-major [windows, horizon]. */
  truth(part: PartName): Target;
  /** Values of one window stand and fall together; undefined where each row stands alone. */
  groups(part: PartName): Int32Array | undefined;
  /** What nothing was learnt for. */
  readonly baselines: readonly Candidate[];
  classical(context: RaceContext): Promise<Candidate[]>;
  network(body: Body, context: RaceContext): Promise<Candidate>;
  readonly told: Pick<
    SequenceRecord["task"],
    "classes" | "horizon" | "period" | "step" | "stepUnit" | "cuts"
  >;
}
