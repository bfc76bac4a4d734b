/** Which split a table asks for by the roles of its columns. */
import type { Schema } from "../../schema/index.ts";
import type { SplitPlan } from "./split.ts";

/**
 * A time column asks for a split by time, else a group column for whole groups,
 * else classes for a stratified split, else rows are dealt out at random.
 *
 * @returns The kind, and a sentence that says why for report and terminal.
 */
export function defaultSplitKind(
  schema: Schema,
  task: "regression" | "classification",
): { readonly kind: SplitPlan["kind"]; readonly reason: string } {
  const named = (role: "time" | "group"): string | undefined =>
    schema.columns.find((column) => column.role === role)?.name;
  const time = named("time");
  if (time !== undefined) {
    return { kind: "time", reason: `"${time}" orders the rows in time: the model is tested on the latest.` };
  }
  const group = named("group");
  if (group !== undefined) {
    return {
      kind: "grouped",
      reason: `Rows of one "${group}" stay together: the model is tested on new ones.`,
    };
  }
  return task === "classification"
    ? { kind: "stratified", reason: "Every part has its share of every class." }
    : { kind: "random", reason: "Rows are dealt out at random." };
}
