/** `--column NAME=KIND,option=…` as a declaration: what the undo of a finding says, and what users type. */
import { MillwrightError, nearest } from "../core/index.ts";
import { type Kind, kinds, type Role, roles } from "../schema/index.ts";
import type { ColumnOverride } from "./infer/infer-column.ts";

const options = ["missing", "order", "role"] as const;
const orders = ["ymd", "dmy", "mdy"] as const;

/**
 * Reads `name=kind`, `name=number,missing=-999|?`, `name=datetime,order=dmy`, `name=category,role=group`.
 *
 * A name may hold "=": the last one before a kind or option counts. `missing=` with nothing after it means
 * that only the empty cell is missing.
 *
 * @throws MillwrightError `PARAMETER_UNKNOWN` for another kind or option, with the nearest one.
 */
export function parseColumnFlag(text: string): readonly [name: string, declared: ColumnOverride] {
  const match = /^(.+?)=([a-z]*)((?:,[a-z]+=[^,]*)*)$/is.exec(text);
  if (match === null) {
    throw new MillwrightError(
      "PARAMETER_UNKNOWN",
      `--column ${JSON.stringify(text)} is not NAME=KIND.`,
      `Write it as --column price=number; kinds are ${kinds.join(", ")}.`,
    );
  }
  const [, name, kind, rest] = match as unknown as [string, string, string, string];
  const declared: { -readonly [K in keyof ColumnOverride]: ColumnOverride[K] } = {};
  if (kind !== "") declared.kind = oneOf<Kind>("kind", kind, kinds);
  for (const option of rest.split(",").slice(1)) {
    const at = option.indexOf("=");
    const value = option.slice(at + 1);
    switch (oneOf("option", option.slice(0, at), options)) {
      case "missing":
        declared.missing = value === "" ? [] : value.split("|");
        break;
      case "order":
        declared.order = oneOf("order", value, orders);
        break;
      case "role":
        declared.role = oneOf<Role>("role", value, roles);
    }
  }
  return [name, declared];
}

function oneOf<T extends string>(what: string, value: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === value);
  if (found !== undefined) return found;
  const guess = nearest(value, choices);
  throw new MillwrightError(
    "PARAMETER_UNKNOWN",
    `--column has no ${what} ${JSON.stringify(value)}${guess === undefined ? "" : `; the nearest is "${guess}"`}.`,
    `Choose from ${choices.join(", ")}.`,
  );
}
