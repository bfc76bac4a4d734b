/** Tables of one target under ../shared/data/tabular, read as features and target, and the figures that compare losses on them. */
import { createRandom } from "../../src/core/index.ts";
import { openTable } from "../../src/data/index.ts";
import type { Target } from "../../src/estimators/index.ts";
import { encodeTarget, inferTaskKind, readTask, rowsWithTarget } from "../../src/pipeline/index.ts";
import { type Frame, type Schema, takeRows } from "../../src/schema/index.ts";

/** File, target, and columns that name a row or give the target away. */
export const tables: Readonly<
  Record<string, readonly [file: string, target: string, drop?: readonly string[]]>
> = {
  abalone: ["abalone", "rings"],
  adult: ["adult-train", "income"],
  attrition: ["employee-attrition", "Attrition"],
  banknote: ["banknote", "class"],
  bike: ["bike-sharing-hour", "cnt", ["instant", "casual", "registered"]],
  "breast-cancer": ["breast-cancer-wisconsin", "class", ["id"]],
  california: ["california-housing", "median_house_value"],
  concrete: ["concrete", "compressive_strength"],
  lending: ["lending-club", "Class"],
  mpg: ["mpg", "mpg", ["name"]],
  pima: ["pima-diabetes", "outcome"],
  taxi: ["nyc-taxi-trips", "fare", ["tip", "tolls", "total", "dropoff"]],
  telco: ["telco-churn", "Churn", ["customerID"]],
  titanic: ["titanic", "Survived", ["PassengerId", "Name", "Ticket", "Cabin"]],
  "wine-white": ["wine-quality-white", "quality"],
};

export interface Rows {
  readonly frame: Frame;
  readonly y: Target;
}

export const average = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((sum, value) => sum + value / values.length, 0);

/** Rows whose target is known, at most so many, drawn by a fixed seed. */
export async function readRows(
  path: string,
  target: string,
  drop: readonly string[] = [],
  most = Infinity,
): Promise<Rows> {
  const table = await openTable(path);
  const columns = table.schema.columns
    .filter((column) => !drop.includes(column.name))
    .map((column) => ({
      ...column,
      role:
        column.name === target
          ? ("target" as const)
          : column.kind === "id"
            ? ("id" as const)
            : ("feature" as const),
    }));
  const schema = { columns } as Schema;
  const read = await table.read(columns.map((column) => column.name));
  await table.close();
  const whole: Frame = { ...read, schema };
  const known = rowsWithTarget(whole, target);
  const order = createRandom(9).shuffle(known.slice());
  const frame = takeRows(whole, order.slice(0, Math.min(most, order.length)));
  const column = columns.find(({ name }) => name === target)! as Schema["columns"][number];
  const task = readTask(frame, column, { kind: inferTaskKind(column, frame) });
  return { frame, y: encodeTarget(frame, task) };
}

/** Log loss; root mean squared error of numbers. */
export function lossOf(y: Target, answers: Float64Array): number {
  if (y.kind === "regression")
    return Math.sqrt(average(y.values.map((value, i) => (value - answers[i]!) ** 2)));
  return average(
    Float64Array.from(y.codes, (code, i) => -Math.log(Math.max(1e-15, answers[i * y.classCount + code]!))),
  );
}

/** Mean gain in corrected standard errors; 0 where nothing differs. */
export function units(gains: readonly number[]): number {
  const mean = average(gains);
  const deviation = Math.sqrt(
    (average(gains.map((gain) => (gain - mean) ** 2)) * gains.length) / (gains.length - 1),
  );
  return mean === 0 ? 0 : mean / (deviation * Math.sqrt(1 / gains.length + 1 / 4));
}
