/**
 * A datetime column as parts that a model can use: year, month, weekday, hour …
 *
 * Missing stays NaN in every number, and is all zeros where a part is spread over
 * columns. A part that is the same in all training rows tells nothing and is left
 * out; at least one part stays.
 */
import {
  assert,
  MillwrightError,
  type ParameterTable,
  type ParameterValues,
  resolveParameters,
} from "../../core/index.ts";
import {
  cast,
  concat,
  constant,
  cos,
  equal,
  isNaN,
  mul,
  or,
  sin,
  type Value,
  where,
} from "../../graph/index.ts";
import { type CivilTime, civilTime } from "../civil.ts";
import { type ColumnsThen, encoderChain } from "../columns.ts";
import type { Chain, Encoder } from "../step.ts";

const part = (meaning: string, chosen = true) => ({ type: "boolean", default: chosen, meaning }) as const;

export const datePartsParameters = {
  elapsed: part("days since 1970, with their fraction: the trend"),
  year: part("year"),
  month: part("month, 1 to 12"),
  day: part("day of the month, 1 to 31"),
  weekday: part("day of the week, 0 is Sunday"),
  weekend: part("1 on Saturday and Sunday, else 0"),
  dayOfYear: part("day of the year, 1 to 366"),
  hour: part("hour, 0 to 23"),
  minute: part("minute, 0 to 59", false),
  cycles: {
    type: "choice",
    default: "number",
    choices: ["number", "oneHot", "wave"],
    meaning:
      "month, weekday and hour as a number, as 0/1 columns, or, the day of the year too, as a point on a circle (sine, cosine)",
  },
} as const satisfies ParameterTable;
export type DatePartsOptions = Partial<ParameterValues<typeof datePartsParameters>>;
type PartName = Exclude<keyof typeof datePartsParameters, "cycles">;

interface Part {
  /** In the graph, float64 of the input's shape. */
  readonly emit: (time: CivilTime) => Value;
  /** Of a date, NaN if it is invalid. */
  readonly of: (date: Date) => number;
  /** For parts that go round: how many there are of them, and names of the values from `first` on where those are few. */
  readonly cycle?: { readonly period: number; readonly first?: number; readonly names?: readonly string[] };
}

const msPerDay = 86_400_000;
const weekendOf = (date: Date): number => {
  const weekday = date.getUTCDay();
  return Number.isNaN(weekday) ? weekday : Number(weekday % 6 === 0);
};
const startOfYear = (date: Date): number => {
  // setUTCFullYear, since Date.UTC takes the years 0 to 99 for the twentieth century.
  const start = new Date(0);
  return start.setUTCFullYear(date.getUTCFullYear(), 0, 1);
};

const parts: Readonly<Record<PartName, Part>> = {
  elapsed: { emit: (time) => time.elapsed, of: (date) => date.getTime() / msPerDay },
  year: { emit: (time) => time.year, of: (date) => date.getUTCFullYear() },
  month: {
    emit: (time) => time.month,
    of: (date) => date.getUTCMonth() + 1,
    cycle: {
      period: 12,
      first: 1,
      names: ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
    },
  },
  day: { emit: (time) => time.day, of: (date) => date.getUTCDate() },
  weekday: {
    emit: (time) => time.weekday,
    of: (date) => date.getUTCDay(),
    cycle: { period: 7, names: ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"] },
  },
  weekend: {
    emit(time) {
      const ends = cast(or(equal(time.weekday, 0), equal(time.weekday, 6)), "float64");
      return where(isNaN(time.weekday), time.weekday, ends);
    },
    of: weekendOf,
  },
  dayOfYear: {
    emit: (time) => time.dayOfYear,
    of: (date) => Math.floor((date.getTime() - startOfYear(date)) / msPerDay) + 1,
    cycle: { period: 365.2425 },
  },
  hour: {
    emit: (time) => time.hour,
    of: (date) => date.getUTCHours(),
    cycle: { period: 24, names: Array.from({ length: 24 }, (_, hour) => String(hour)) },
  },
  minute: { emit: (time) => time.minute, of: (date) => date.getUTCMinutes() },
};

export function datePartsEncoder(options: DatePartsOptions = {}): Encoder {
  const parameters = resolveParameters("dateParts", datePartsParameters, options);
  const { cycles } = parameters;
  const chosen = (Object.keys(parts) as PartName[]).filter((name) => parameters[name]);
  if (chosen.length === 0) {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `dateParts has all ${Object.keys(parts).length} parts switched off.`,
      "Leave at least one part on.",
    );
  }
  return {
    kind: "dateParts",
    parameters,
    accepts: ["datetime"],
    fit({ schema, cells }) {
      assert(cells.type === "number", "dateParts reads epoch milliseconds");
      const varying = chosen.filter((name) => varies(parts[name], cells.values));
      const spreads = (varying.length > 0 ? varying : chosen.slice(0, 1)).map((name) => spread(name, cycles));
      return {
        features: spreads.flatMap(({ names }) =>
          names.map((name) => ({
            name: `${schema.name}:${name}`,
            sources: [schema.name],
            kind: "number" as const,
          })),
        ),
        emit(input) {
          const time = civilTime(cast(input, "float64"));
          const values = spreads.map((one) => one.emit(time));
          return values.length === 1 ? values[0]! : concat(values, 1);
        },
        reference(cell) {
          const date = new Date(Math.floor(cell as number));
          return spreads.flatMap((one) => one.of(date));
        },
      };
    },
  };
}

/** Whether a part takes two values in the rows that have a date. */
function varies({ of }: Part, values: Float64Array): boolean {
  let first = Number.NaN;
  for (let i = 0; i < values.length; i++) {
    const value = of(new Date(values[i]!));
    if (Number.isNaN(value)) continue;
    if (Number.isNaN(first)) first = value;
    else if (value !== first) return true;
  }
  return false;
}

interface Spread {
  readonly names: readonly string[];
  /** float64 [batch, names.length]. */
  emit(time: CivilTime): Value;
  /** Of a date, which may be invalid. */
  of(date: Date): number[];
}

/** A part as one number, or, if it goes round, as the columns that `cycles` asks for. */
function spread(name: PartName, cycles: "number" | "oneHot" | "wave"): Spread {
  const { emit, of, cycle } = parts[name];
  const asNumber: Spread = { names: [name], emit, of: (date) => [of(date)] };
  if (cycle === undefined || cycles === "number") return asNumber;
  const { period, first = 0, names } = cycle;
  if (cycles === "oneHot") {
    if (names === undefined) return asNumber;
    const values = Float64Array.from(names, (_, i) => first + i);
    return {
      names: names.map((value) => `${name}=${value}`),
      emit(time) {
        const range = constant({ dtype: "float64", shape: [1, values.length], data: values });
        return cast(equal(emit(time), range), "float64");
      },
      of: (date) => names.map((_, i) => Number(of(date) === first + i)),
    };
  }
  const turn = (2 * Math.PI) / period;
  return {
    names: [`${name}:sin`, `${name}:cos`],
    emit(time) {
      const angle = mul(emit(time), turn);
      return concat([sin(angle), cos(angle)], 1);
    },
    of: (date) => [Math.sin(of(date) * turn), Math.cos(of(date) * turn)],
  };
}

/** Datetime columns as year, month, weekday, hour and the like. */
export function dateParts(...columns: ColumnsThen<"datetime", DatePartsOptions>): Chain {
  return encoderChain(columns, datePartsEncoder);
}
