/** The space that a search draws from: the parameters whose tables declare a range, as points of a unit cube. */
import type { ParameterTable } from "../../core/index.ts";
import type { FamilyParameters } from "../families.ts";

interface Dimension {
  readonly name: string;
  readonly low: number;
  readonly high: number;
  readonly log: boolean;
  readonly integer: boolean;
  readonly default: number;
}

export type Space = readonly Dimension[];

/** The parameters of a table that are searched, in its order. */
export function searchSpace(table: ParameterTable): Space {
  return Object.entries(table).flatMap(([name, parameter]): Dimension[] => {
    if (parameter.type !== "number" && parameter.type !== "integer") return [];
    if (parameter.search === undefined) return [];
    const [low, high] = parameter.search;
    const log = parameter.scale === "log";
    return [{ name, low, high, log, integer: parameter.type === "integer", default: parameter.default }];
  });
}

/** Where parameters stand in the cube; what is not given stands at its default, what lies outside at the edge. */
export function toUnit(space: Space, parameters: FamilyParameters): Float64Array {
  return Float64Array.from(space, (dimension) => {
    const { low, high, log } = dimension;
    const value = Math.min(high, Math.max(low, Number(parameters[dimension.name] ?? dimension.default)));
    return log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
  });
}

/** Parameters of a point of the cube, with three digits: more would claim a care that no search takes. */
export function fromUnit(space: Space, point: Float64Array): Record<string, number> {
  const values = space.map(({ name, low, high, log, integer }, index): [string, number] => {
    const unit = point[index]!;
    const value = log ? low * (high / low) ** unit : low + (high - low) * unit;
    const rounded = integer ? Math.round(value) : Number(value.toPrecision(3));
    return [name, Math.min(high, Math.max(low, rounded))];
  });
  return Object.fromEntries(values);
}
