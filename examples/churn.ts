// Made by `millwright types` from the model file: do not edit, run it again.
import { category, datetime, defineSchema, number, type PredictionOf, type RowOf } from "millwright/schema";

/** What the model reads and answers: pass it to `load` with the file. */
export const churn = defineSchema({
  tenure: number(),
  plan: category(),
  signup: datetime({ clock: "instant" }),
  churned: category({ role: "target", labels: ["No", "Yes"] }),
});

/** SHA-256 of the schema; `load` refuses a file whose schema differs, and names the column. */
export const churnHash = "ac5d185adbf802f380746aa7849c2009fa6594d0c0b54558b94233003939ef05";

/** A row that the model takes; null is missing. */
export type ChurnRow = RowOf<typeof churn>;

/** What the model answers. */
export type ChurnPrediction = PredictionOf<typeof churn>;
