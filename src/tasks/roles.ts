/**
 * What the user says of single columns, against the roles that a task needs: which words clash, which columns a
 * finding leaves out, and whether any is left to work with.
 */
import { MillwrightError } from "../core/index.ts";
import type { ColumnOverride, Finding } from "../data/index.ts";
import { featureColumns, type Role, type Schema } from "../schema/index.ts";

export interface ColumnsAsked {
  /** Kinds, roles and ways of writing by column, as far as they are not to be inferred. */
  readonly columns?: Readonly<Record<string, ColumnOverride>>;
  readonly keep?: readonly string[];
  readonly drop?: readonly string[];
}

/** Columns that a flag gives a role. */
export interface NamedColumns {
  readonly flag: string;
  readonly role: Role;
  readonly names: readonly (string | undefined)[] | undefined;
  /** How they are read, where that is not the role. */
  readonly read?: ColumnOverride;
}

/**
 * Roles and kinds that the user gave, by column.
 *
 * @throws MillwrightError `SCHEMA_ROLE` for two roles of one column, `PARAMETER_CONFLICT` for one that is dropped too, or
 *   declared with another role.
 */
export function overridesOf(
  { columns = {}, keep = [], drop = [] }: ColumnsAsked,
  named: readonly NamedColumns[],
): Record<string, ColumnOverride> {
  const overrides = Object.create(null) as Record<string, ColumnOverride>;
  const set = (name: string, given: ColumnOverride): void => {
    overrides[name] = { ...overrides[name], ...given };
  };
  for (const [name, declared] of Object.entries(columns)) set(name, declared);
  for (const name of keep) {
    requireNotDropped(name, "--keep", drop);
    set(name, { role: "feature" });
  }
  for (const name of drop) set(name, { role: "ignore" });
  const taken = new Map<string, Role>();
  for (const { flag, role, names = [], read = { role } } of named) {
    for (const name of names) {
      if (name === undefined) continue;
      const other = taken.get(name) ?? role;
      if (other !== role) {
        throw new MillwrightError(
          "SCHEMA_ROLE",
          `The column "${name}" is given two roles, ${other} and ${role}.`,
          "Give each column one role.",
        );
      }
      requireNotDropped(name, flag, drop);
      requireSameRole(name, role, keep.includes(name) ? "feature" : undefined, "--keep");
      requireSameRole(name, role, columns[name]?.role, "--column");
      taken.set(name, role);
      set(name, read);
    }
  }
  requireNamedTargets(columns, taken);
  return overrides;
}

function requireNotDropped(name: string, flag: string, drop: readonly string[]): void {
  if (!drop.includes(name)) return;
  throw new MillwrightError(
    "PARAMETER_CONFLICT",
    `The column "${name}" is dropped, and ${flag} names it too.`,
    "Take it out of --drop.",
  );
}

function requireSameRole(name: string, role: Role, other: Role | undefined, flag: string): void {
  if (other === undefined || other === role) return;
  const is = role === "feature" ? "a feature" : `the ${role}`;
  throw new MillwrightError(
    "PARAMETER_CONFLICT",
    `The column "${name}" is ${is}, and ${flag} makes it ${flag === "--keep" ? "a feature" : `the role ${other}`}.`,
    `Take it out of ${flag}.`,
  );
}

/** A target is named by its own flag, and a task that has none has none. */
function requireNamedTargets(
  columns: Readonly<Record<string, ColumnOverride>>,
  taken: ReadonlyMap<string, Role>,
): void {
  const other = Object.keys(columns).find(
    (name) => columns[name]!.role === "target" && taken.get(name) !== "target",
  );
  if (other === undefined) return;
  const predicts = [...taken.values()].includes("target");
  throw new MillwrightError(
    "PARAMETER_CONFLICT",
    `--column makes "${other}" the target, and ${predicts ? "--target names another column" : "no column is predicted here"}.`,
    predicts ? "Name the column with --target alone." : "Leave role=target out.",
  );
}

/** Roles after the findings: a column that one leaves out is ignored unless the user keeps it, or names it in `only`. */
export function withRoles(
  schema: Schema,
  findings: readonly Finding[],
  { keep = [], only }: { readonly keep?: readonly string[]; readonly only?: readonly string[] },
): Schema {
  const left = new Set(findings.filter(({ effect }) => effect === "leftOut").map(({ column }) => column));
  const stays = (name: string): boolean =>
    only === undefined ? keep.includes(name) || !left.has(name) : only.includes(name);
  return {
    columns: schema.columns.map((column) =>
      column.role === "feature" && !stays(column.name) ? { ...column, role: "ignore" } : column,
    ),
  };
}

/**
 * @param purpose - What columns are needed for: `predict from`.
 * @throws MillwrightError `DATA_EMPTY` where no feature is left, with what was left out.
 */
export function requireFeatures(schema: Schema, findings: readonly Finding[], purpose: string): void {
  if (featureColumns(schema).some(({ kind }) => kind !== "id")) return;
  const left = findings.filter(({ effect, column }) => effect === "leftOut" && column !== null);
  const said = left.slice(0, 6).map(({ column, kind }) => `${column} (${kind})`);
  const kept = left.find(({ undo }) => undo !== null)?.undo;
  throw new MillwrightError(
    "DATA_EMPTY",
    `No column is left to ${purpose}.${said.length > 0 ? ` Left out: ${said.join(", ")}${left.length > said.length ? ", …" : ""}.` : ""}`,
    `Bring more columns${typeof kept === "string" ? `, or keep one: ${kept}` : ""}.`,
  );
}
