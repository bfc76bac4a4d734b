/**
 * Parameter tables: each parameter of a step, family or command is declared once,
 * with its type, range, default and meaning. Validation, documentation and the
 * search space all read the same table.
 */
import { MillwrightError } from "./errors.ts";
import { nearest } from "./nearest.ts";

interface Described {
  /** What it means, one sentence fragment for documentation and help. */
  readonly meaning: string;
}
export interface NumberParameter extends Described {
  readonly type: "number" | "integer";
  readonly default: number;
  /** Inclusive bounds; ±Infinity where there is none. */
  readonly min: number;
  readonly max: number;
  /** Spread used by search; linear unless told. */
  readonly scale?: "linear" | "log";
  /** Range that a search draws from, inside the bounds; left at its default unless given. */
  readonly search?: readonly [low: number, high: number];
}
export interface ChoiceParameter extends Described {
  readonly type: "choice";
  readonly default: string;
  readonly choices: readonly string[];
}
export interface BooleanParameter extends Described {
  readonly type: "boolean";
  readonly default: boolean;
}
export type Parameter = NumberParameter | ChoiceParameter | BooleanParameter;
export type ParameterTable = Readonly<Record<string, Parameter>>;

/** The values that a table describes: `choice` becomes the union of its choices. */
export type ParameterValues<T extends ParameterTable> = {
  readonly [K in keyof T]: T[K] extends { readonly type: "choice"; readonly choices: readonly (infer C)[] }
    ? C
    : T[K] extends { readonly type: "boolean" }
      ? boolean
      : number;
};

/**
 * Fills defaults and refuses what the table does not allow.
 *
 * @param owner - Who asks, for the message: `boosting`, `scale`.
 * @throws MillwrightError `PARAMETER_UNKNOWN` for a name that is not in the table, with the nearest name.
 * @throws MillwrightError `PARAMETER_RANGE` for a value outside type, range or choices.
 */
export function resolveParameters<T extends ParameterTable>(
  owner: string,
  table: T,
  given: Partial<ParameterValues<T>> = {},
): ParameterValues<T> {
  for (const name of Object.keys(given)) {
    if (!(name in table)) {
      const guess = nearest(name, Object.keys(table));
      throw new MillwrightError(
        "PARAMETER_UNKNOWN",
        `${owner} has no parameter "${name}"${guess === undefined ? "" : `; the nearest name is "${guess}"`}.`,
        `Choose from ${Object.keys(table).join(", ")}.`,
      );
    }
  }
  const values: Record<string, unknown> = {};
  for (const [name, parameter] of Object.entries(table)) {
    const value = (given as Record<string, unknown>)[name] ?? parameter.default;
    checkParameter(owner, name, parameter, value);
    values[name] = value;
  }
  return values as ParameterValues<T>;
}

function checkParameter(owner: string, name: string, parameter: Parameter, value: unknown): void {
  const refuse = (needed: string): never => {
    throw new MillwrightError(
      "PARAMETER_RANGE",
      `${owner}.${name} is ${JSON.stringify(value) ?? String(value)}, and needs ${needed}.`,
      `Change it; the default is ${JSON.stringify(parameter.default)}.`,
    );
  };
  if (parameter.type === "boolean") {
    if (typeof value !== "boolean") refuse("true or false");
  } else if (parameter.type === "choice") {
    if (typeof value !== "string" || !parameter.choices.includes(value)) {
      refuse(`one of ${parameter.choices.join(", ")}`);
    }
  } else {
    const { min, max } = parameter;
    const whole = parameter.type === "integer";
    const range =
      max === Infinity ? (min === -Infinity ? "" : ` of at least ${min}`) : ` from ${min} to ${max}`;
    const ok =
      typeof value === "number" && value >= min && value <= max && (!whole || Number.isInteger(value));
    if (!ok) refuse(`${whole ? "a whole number" : "a number"}${range}`);
  }
}
