/**
 * Datetime columns as the time since a reference: a fixed time, another datetime
 * column of the row, or the end of the training rows.
 *
 * Times before the reference are negative. Wall-clock times are subtracted as they
 * are written, so an hour that a clock jumps by is not taken off. A time outside the
 * calendar of a `Date`, or a missing one, is NaN. The end of the training rows is a
 * quantile that names no single row; where there are fewer than `minRows` times it is 1970.
 */
import {
  assert,
  MillwrightError,
  type ParameterTable,
  type ParameterValues,
  resolveParameters,
} from "../../core/index.ts";
import {
  abs,
  cast,
  div,
  floor,
  gather,
  lessOrEqual,
  scalar,
  sub,
  type Value,
  where,
} from "../../graph/index.ts";
import { type DatetimeColumnSchema, parseDatetimeCell } from "../../schema/index.ts";
import { ColumnRef } from "../columns.ts";
import type { Feature } from "../matrix.ts";
import { sharedQuantile, sortedFinite } from "../statistics.ts";
import {
  type Chain,
  chainOf,
  type Encoder,
  type FittedTransform,
  type SourceColumn,
  type StepContext,
  type Transform,
} from "../step.ts";

export const timeSinceParameters = {
  unit: {
    type: "choice",
    default: "days",
    choices: ["days", "hours", "minutes", "seconds"],
    meaning: "what the time is counted in, with its fraction",
  },
} as const satisfies ParameterTable;
export type TimeSinceOptions = Partial<ParameterValues<typeof timeSinceParameters>> & {
  /**
   * A time as an ISO string, with a zone for instants and without one for wall clocks; a `Date` for instants;
   * another datetime column; or "latest", the end of the training rows.
   */
  readonly since: ColumnRef<"datetime"> | Date | string;
};
type Unit = ParameterValues<typeof timeSinceParameters>["unit"];

const millisecondsOf: Readonly<Record<Unit, number>> = {
  days: 86_400_000,
  hours: 3_600_000,
  minutes: 60_000,
  seconds: 1000,
};
const latest = 8.64e15;

/** Epoch milliseconds of the calendar, else NaN; in the graph and of one number. */
function emitTime(input: Value): Value {
  const time = cast(input, "float64");
  return where(lessOrEqual(abs(time), latest), floor(time), scalar("float64", Number.NaN));
}
const timeOf = (cell: number): number => (Math.abs(cell) <= latest ? Math.floor(cell) : Number.NaN);

/** One feature a column, the time since a reference that is the same for all rows. */
export function timeSinceEncoder({
  since,
  ...options
}: Omit<TimeSinceOptions, "since"> & { readonly since: Date | string }): Encoder {
  const { unit } = resolveParameters("timeSince", timeSinceParameters, options);
  const size = millisecondsOf[unit];
  if (typeof since !== "string" && Number.isNaN(since.getTime())) {
    throw new MillwrightError(
      "PARAMETER_RANGE",
      "timeSince.since is a Date that holds no time.",
      "Give a Date of a time, its text, or another datetime column.",
    );
  }
  const written = typeof since === "string" ? since : since.toISOString();
  return {
    kind: "timeSince",
    parameters: { since: written, unit },
    accepts: ["datetime"],
    fit(column, context) {
      const reference = referenceOf(column, since, context);
      const { name } = column.schema;
      return {
        features: [{ name: `${name}:since ${written}`, sources: [name], kind: "number" }],
        emit: (input) => div(sub(emitTime(input), reference), size),
        reference: (cell) => [(timeOf(cell as number) - reference) / size],
      };
    },
  };
}

function referenceOf({ schema, cells }: SourceColumn, since: Date | string, context: StepContext): number {
  assert(cells.type === "number" && schema.kind === "datetime", "timeSince reads epoch milliseconds");
  if (since === "latest") {
    const sorted = sortedFinite(cells.values.map(timeOf), context);
    return sorted.length === 0 ? 0 : Math.round(sharedQuantile(sorted, 1, context.minRows));
  }
  if (typeof since !== "string" && schema.clock === "wall") {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `timeSince counts from a Date, which is an instant, and "${schema.name}" holds wall-clock times.`,
      `Give the time as it stands on the clock: { since: "${since.toISOString().slice(0, 19)}" }.`,
    );
  }
  const time =
    typeof since === "string"
      ? parseDatetimeCell(since, { clock: schema.clock, order: "ymd" })
      : since.getTime();
  if (time === undefined || Number.isNaN(time)) {
    const zone =
      schema.clock === "wall"
        ? "without a zone, such as 2024-01-31T09:30"
        : "with a zone, such as 2024-01-31T09:30Z";
    throw new MillwrightError(
      "PARAMETER_RANGE",
      `timeSince.since is ${JSON.stringify(since)}, and "${schema.name}" needs a time ${zone}.`,
      'Write it so, or take "latest" or another datetime column.',
    );
  }
  return time;
}

/** Epoch milliseconds, for differences within a row. */
const timesEncoder: Encoder = {
  kind: "timeSince",
  parameters: {},
  accepts: ["datetime"],
  requireAlike(columns) {
    const clocks = new Map(
      columns
        .filter((column): column is DatetimeColumnSchema => column.kind === "datetime")
        .map((column) => [column.clock, column]),
    );
    const [wall, instant] = [clocks.get("wall"), clocks.get("instant")];
    if (wall === undefined || instant === undefined) return;
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `timeSince takes "${wall.name}", a wall-clock time, and "${instant.name}", an instant, from each other, and the zone between them is unknown.`,
      "Give both columns a zone, or neither.",
    );
  },
  fit: ({ schema }) => ({
    features: [{ name: schema.name, sources: [schema.name], kind: "number" }],
    emit: emitTime,
    reference: (cell) => [timeOf(cell as number)],
  }),
};

/** Each feature but the last one minus the last. */
function minusLast(reference: string, unit: Unit): Transform {
  const size = millisecondsOf[unit];
  return {
    kind: "timeSince",
    parameters: { since: { column: reference }, unit },
    fit: ({ features }) => differences(features, reference, size),
  };
}

/** @param times - Features of times in milliseconds; the last one is the reference. */
function differences(times: readonly Feature[], reference: string, size: number): FittedTransform {
  const last = times.length - 1;
  const others = times.slice(0, last).map((_, j) => j);
  return {
    features: others.map(
      (j): Feature => ({
        name: `${times[j]!.name}:since ${reference}`,
        sources: [...times[j]!.sources, reference],
        kind: "number",
      }),
    ),
    emit: (x) => div(sub(gather(x, others, 1), gather(x, [last], 1)), size),
    reference: (row) => others.map((j) => (row[j]! - row[last]!) / size),
    narrow(places) {
      const inputs = [...places, last];
      return {
        inputs,
        transform: differences(
          inputs.map((j) => times[j]!),
          reference,
          size,
        ),
      };
    },
  };
}

/**
 * The chain of some columns by name.
 *
 * @throws MillwrightError `PARAMETER_CONFLICT` for a column that is its own reference.
 */
export function timeSinceChain(names: readonly string[], { since, ...options }: TimeSinceOptions): Chain {
  if (!(since instanceof ColumnRef)) return chainOf(names, timeSinceEncoder({ since, ...options }));
  const { unit } = resolveParameters("timeSince", timeSinceParameters, options);
  if (names.includes(since.name)) {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `timeSince counts "${since.name}" from itself, which is 0 in every row.`,
      "Take another column as the reference.",
    );
  }
  return chainOf([...names, since.name], timesEncoder, [minusLast(since.name, unit)]);
}

/**
 * Datetime columns as the time since a reference.
 *
 * @example timeSince(c.ordered, { since: c.signedUp, unit: "hours" })
 */
export function timeSince(
  ...args: readonly [ColumnRef<"datetime">, ...ColumnRef<"datetime">[], TimeSinceOptions]
): Chain {
  const options = args.at(-1) as TimeSinceOptions;
  return timeSinceChain(
    (args.slice(0, -1) as ColumnRef[]).map(({ name }) => name),
    options,
  );
}
