/** Rows with the labels that they bear: lists in one column, or a column of yes and no a label. */
import { assert, MillwrightError } from "../../core/index.ts";
import { type Finding, findings as lookAt } from "../../data/index.ts";
import { requireFreeOutputNames } from "../../pipeline/index.ts";
import type { Cells, Frame, Schema } from "../../schema/index.ts";
import { readTable, type TableRead } from "../read-table.ts";
import { type NamedColumns, requireFeatures, withRoles } from "../roles.ts";
import { weightOf } from "../tabular/labelled.ts";
import { defaultSeparator, type LabelOptions } from "./options.ts";

export interface LabelledTable extends TableRead {
  /** Features have that role; the columns of the labels are ignored. */
  readonly frame: Frame;
  /** Name of the answer. */
  readonly target: string;
  readonly labels: readonly string[];
  /** Row-major [rows, labels]. */
  readonly hits: Uint8Array;
  /** Shape [rows]. */
  readonly weight?: Float64Array;
  /** Labels that too few rows bear, or lack, to be learnt and judged. */
  readonly tooRare: readonly { readonly label: string; readonly rows: number }[];
  readonly findings: readonly Finding[];
}

/** What a run holds for each byte of the table: rows, folds, features. */
const copies = 4;
const minRows = 50;
/** Rows that bear a label, and rows that do not, which are needed to learn and to judge it. */
const minLabelRows = 10;
const mostLabels = 500;

/** @throws MillwrightError `SCHEMA_*`, `DATA_*`, `PARAMETER_CONFLICT`, `SOURCE_*`. */
export async function readLabelledTable(options: LabelOptions): Promise<LabelledTable> {
  const named: readonly NamedColumns[] = [
    { flag: "--id", role: "id", names: [options.id] },
    { flag: "--group", role: "group", names: [options.group] },
    { flag: "--time-column", role: "time", names: [options.timeColumn] },
    { flag: "--weight", role: "weight", names: [options.weight] },
    {
      flag: "--target",
      role: "target",
      names: options.targets,
      // A list is read as it is written, also where one row's looks like a number.
      read: { role: "ignore", ...(options.targets.length === 1 && { kind: "category" }) },
    },
  ];
  const { frame: whole, findings: told, read } = await readTable(options, named, copies);
  const lists = labelsIn(whole, options.targets, options.labelsBy ?? defaultSeparator);
  if (whole.rowCount < minRows) {
    throw new MillwrightError(
      "DATA_TOO_FEW_ROWS",
      `The table has ${whole.rowCount} rows, and several labels need at least ${minRows}.`,
      "Bring more rows.",
    );
  }
  const findings = [...told, ...(await lookAt(whole))].filter(
    ({ column, effect }) => effect !== "leftOut" || !options.targets.includes(column ?? ""),
  );
  const schema = withRoles(whole.schema, findings, options);
  requireFeatures(schema, findings, "predict from");
  requireFreeOutputNames(schema);
  return {
    frame: { ...whole, schema },
    target: answerName(schema, options.targets),
    ...learnable(lists, whole.rowCount),
    ...(options.weight !== undefined && { weight: weightOf(whole, options.weight) }),
    findings,
    ...read,
  };
}

/** The column of lists; of several columns a name that none bears. */
function answerName(schema: Schema, targets: readonly string[]): string {
  if (targets.length === 1) return targets[0]!;
  const names = new Set(schema.columns.map(({ name }) => name));
  let name = "labels";
  for (let n = 2; names.has(name); n++) name = `labels ${n}`;
  return name;
}

/**
 * The rows that bear each label, in a fixed order of the labels.
 *
 * @throws MillwrightError `SCHEMA_WRONG_KIND`.
 */
export function labelsIn(
  frame: Frame,
  targets: readonly string[],
  separator: string,
): ReadonlyMap<string, Uint8Array> {
  const cells = targets.map((name) => {
    const found = frame.columns.get(name);
    assert(found !== undefined, `the table was read with its column "${name}"`);
    return found;
  });
  if (targets.length > 1) return new Map(targets.map((name, k) => [name, yesOrNo(name, cells[k]!)]));
  const [lists] = cells;
  if (lists?.type !== "string") {
    throw new MillwrightError(
      "SCHEMA_WRONG_KIND",
      `The target "${targets[0]}" is a column of numbers, and several labels are words with "${separator}" between.`,
      "Name a column of lists, or several columns of yes and no.",
    );
  }
  const parts = lists.dictionary.map((text) => [
    ...new Set(
      text
        .split(separator)
        .map((part) => part.trim())
        .filter((part) => part !== ""),
    ),
  ]);
  const borne = new Map<string, Uint8Array>();
  for (const label of [...new Set(parts.flat())].sort()) borne.set(label, new Uint8Array(frame.rowCount));
  // An empty list is an answer too: the row bears none.
  lists.codes.forEach((code, row) => {
    if (code >= 0) for (const label of parts[code]!) borne.get(label)![row] = 1;
  });
  return borne;
}

const yes = new Set(["true", "yes", "y", "t", "1"]);
const no = new Set(["false", "no", "n", "f", "0"]);

function yesOrNo(name: string, cells: Cells): Uint8Array {
  const refuse = (row: number, text: string): never => {
    throw new MillwrightError(
      "SCHEMA_WRONG_KIND",
      `Row ${row + 1} has ${text} in "${name}", which neither says yes nor no to a label.`,
      "Several columns as --target hold true or false, yes or no, or 1 or 0, in every row.",
    );
  };
  if (cells.type === "number") {
    return Uint8Array.from(cells.values, (value, row) =>
      value === 1 || value === 0 ? value : refuse(row, Number.isNaN(value) ? "nothing" : String(value)),
    );
  }
  return Uint8Array.from(cells.codes, (code, row) => {
    const text = code < 0 ? "" : cells.dictionary[code]!;
    const word = text.trim().toLowerCase();
    return yes.has(word) ? 1 : no.has(word) ? 0 : refuse(row, code < 0 ? "nothing" : JSON.stringify(text));
  });
}

function learnable(
  lists: ReadonlyMap<string, Uint8Array>,
  rowCount: number,
): Pick<LabelledTable, "labels" | "hits" | "tooRare"> {
  const counted = [...lists].map(([label, column]) => ({
    label,
    column,
    rows: column.reduce((sum, hit) => sum + hit, 0),
  }));
  const enough = ({ rows }: { rows: number }): boolean => Math.min(rows, rowCount - rows) >= minLabelRows;
  const kept = counted.filter(enough);
  if (kept.length === 0 || kept.length > mostLabels) {
    throw new MillwrightError(
      kept.length === 0 ? "DATA_TOO_FEW_ROWS" : "PARAMETER_CONFLICT",
      kept.length === 0
        ? `None of ${counted.length} labels is borne by ${minLabelRows} rows of ${rowCount} and not borne by ${minLabelRows} others.`
        : `${kept.length} labels have rows enough, and one file answers at most ${mostLabels}.`,
      "Check --labels-by, or choose another target.",
    );
  }
  const hits = new Uint8Array(rowCount * kept.length);
  kept.forEach(({ column }, k) => column.forEach((hit, row) => (hits[row * kept.length + k] = hit)));
  return {
    labels: kept.map(({ label }) => label),
    hits,
    tooRare: counted.filter((one) => !enough(one)).map(({ label, rows }) => ({ label, rows })),
  };
}
