/**
 * Answers laid out like a sample file, as competitions and downstream systems hand one out: its columns in their
 * order, its rows by their ids, and answers spelt as it spells them.
 */
import { MillwrightError, nearest } from "../../core/index.ts";
import { openTable } from "../../data/index.ts";
import { besideOf, type ColumnAnswers, type Model } from "../../model/index.ts";
import { type Frame, plainDecimal } from "../../schema/index.ts";

export interface SampleFile {
  readonly path: string;
  readonly rowCount: number;
  /** Columns in order, each with its cells as text; null is empty. */
  readonly columns: ReadonlyMap<string, readonly (string | null)[]>;
}

/** @throws MillwrightError `SOURCE_*`, `DATA_*` where the file is no table. */
export async function readSample(path: string): Promise<SampleFile> {
  const guessed = await openTable(path);
  const names = guessed.schema.columns.map(({ name }) => name);
  await guessed.close();
  // As text, so that an id keeps its leading zeros.
  const columns = Object.fromEntries(names.map((name) => [name, { kind: "text" as const }]));
  const table = await openTable(path, { columns });
  try {
    const frame = await table.read();
    const cells = names.map((name) => [name, textsOf(frame, name)] as const);
    return { path, rowCount: frame.rowCount, columns: new Map(cells) };
  } finally {
    await table.close();
  }
}

/** Cells of a column as text; null is missing. */
export function textsOf(frame: Frame, name: string): (string | null)[] {
  const cells = frame.columns.get(name)!;
  if (cells.type === "number") {
    return Array.from(cells.values, (value) => (Number.isNaN(value) ? null : plainDecimal(value)));
  }
  return Array.from(cells.codes, (code) => (code < 0 ? null : cells.dictionary[code]!));
}

/** What the columns of probabilities and distances are called before their label. */
export const besideWord = { probabilities: "probability", distances: "distance" } as const;

/** Columns of the sample that may be ids of the source: all but those that name an answer. */
export function idCandidates(sample: SampleFile, model: Model): string[] {
  const answers = answerNames(model);
  return [...sample.columns.keys()].filter((name) => !answers.has(name));
}

/** What each name of an answer stands for: a class, or -1 for the prediction itself. */
function answerNames({ metadata }: Model): Map<string, number> {
  const { target } = metadata.task;
  const names = new Map<string, number>();
  const beside = besideOf(metadata);
  for (const [code, label] of (beside === undefined ? [] : metadata.classes!).entries()) {
    for (const name of [label, `${besideWord[beside!]}_${label}`, `${target}_${label}`])
      names.set(name, code);
  }
  return names.set("prediction", -1).set(target, -1);
}

/**
 * @param ids - Columns of the sample that the source has too, as text.
 * @throws MillwrightError `SCHEMA_MISMATCH` for a column that is neither an id nor an answer, or rows that do not match.
 */
export function layOut(
  sample: SampleFile,
  model: Model,
  answers: ColumnAnswers,
  source: { readonly rowCount: number; readonly ids: ReadonlyMap<string, readonly (string | null)[]> },
): { readonly header: readonly string[]; readonly rows: readonly (readonly string[])[] } {
  const header = [...sample.columns.keys()];
  const open = header.filter((name) => !source.ids.has(name));
  if (open.length === 0) {
    throw mismatch(
      `Every column of ${sample.path} is one of the source too (${header.join(", ")}), and none is left for the answer.`,
      "Give a sample with a column for the answer.",
    );
  }
  const rowOf = matchRows(sample, source);
  const writers = header.map((name) => {
    const cells = sample.columns.get(name)!;
    if (source.ids.has(name)) return (row: number) => cells[row] ?? "";
    const write = answerWriter(sample, name, open, model, answers);
    return (row: number) => write(rowOf(row));
  });
  const rows = Array.from({ length: sample.rowCount }, (_, row) => writers.map((write) => write(row)));
  return { header, rows };
}

/** The source's row of a row of the sample: by its ids, else by its place. */
function matchRows(
  sample: SampleFile,
  {
    rowCount,
    ids,
  }: { readonly rowCount: number; readonly ids: ReadonlyMap<string, readonly (string | null)[]> },
): (row: number) => number {
  if (ids.size === 0) {
    if (sample.rowCount === rowCount) return (row) => row;
    throw mismatch(
      `${sample.path} has ${sample.rowCount} rows, the source ${rowCount}, and no column of one is a column of the other that would tell which is which.`,
      "Give a sample with an id of the source, or with as many rows.",
    );
  }
  const names = [...ids.keys()];
  const key = (columns: readonly (readonly (string | null)[])[], row: number): string =>
    JSON.stringify(columns.map((cells) => cells[row]));
  const theirs = names.map((name) => ids.get(name)!);
  const wanted = names.map((name) => sample.columns.get(name)!);
  const places = new Map<string, number>();
  for (let row = 0; row < rowCount; row++) {
    const id = key(theirs, row);
    const other = places.get(id);
    if (other !== undefined) {
      throw mismatch(
        `The rows ${other + 1} and ${row + 1} of the source have the same ${names.join(", ")}: ${id}.`,
        `Give a source in which ${names.join(" and ")} name one row.`,
      );
    }
    places.set(id, row);
  }
  const rows = Int32Array.from({ length: sample.rowCount }, (_, row) => places.get(key(wanted, row)) ?? -1);
  const lost = rows.filter((row) => row < 0).length;
  if (lost > 0) {
    const first = rows.indexOf(-1);
    throw mismatch(
      `${lost} of ${sample.rowCount} rows of ${sample.path} are not in the source by ${names.join(", ")}, the first in row ${first + 1}: ${key(wanted, first)}.`,
      "Give the source that the sample was made for.",
    );
  }
  return (row) => rows[row]!;
}

function answerWriter(
  sample: SampleFile,
  name: string,
  open: readonly string[],
  model: Model,
  answers: ColumnAnswers,
): (row: number) => string {
  const { prediction } = answers;
  const beside = besideOf(model.metadata);
  const values = beside && answers[beside];
  const { classes } = model.metadata;
  const named = answerNames(model).get(name);
  const width = classes?.length ?? 0;
  if (named !== undefined && named >= 0) return (row) => String(values![row * width + named]!);
  if (named === undefined && open.length > 1) {
    const known = [...answerNames(model).keys()];
    const guess = nearest(name, known);
    throw mismatch(
      `The column "${name}" of ${sample.path} is no column of the source and no answer of ${model.name}${guess === undefined ? "" : `; the nearest name is "${guess}"`}.`,
      `Name the answer ${model.metadata.task.target}${beside !== undefined && classes ? `, or the ${beside} by their labels (${classes.slice(0, 6).join(", ")})` : ""}.`,
    );
  }
  if (classes === undefined) return (row) => String(prediction[row]);
  const spelt = spelling(sample, name, model);
  return spelt === "probability"
    ? (row) => String(values![row * width + classes.indexOf(model.metadata.task.positive!)]!)
    : (row) => spelt.get(prediction[row] as string)!;
}

/** How the sample writes a label; or that it holds a probability of the positive class. */
function spelling(
  sample: SampleFile,
  name: string,
  model: Model,
): ReadonlyMap<string, string> | "probability" {
  const classes = model.metadata.classes!;
  const { positive } = model.metadata.task;
  const seen = [...new Set(sample.columns.get(name)!)].filter((cell) => cell !== null);
  const same = new Map(classes.map((label) => [label, label]));
  if (seen.every((cell) => same.has(cell))) return same;
  const lower = new Set(classes.map((label) => label.toLowerCase()));
  if (seen.every((cell) => lower.has(cell.toLowerCase()))) {
    return new Map(classes.map((label) => [label, seen.find(sameWord(label)) ?? styled(label, seen[0]!)]));
  }
  const numbers = seen.map((cell) => (cell.trim() === "" ? Number.NaN : Number(cell)));
  if (positive !== undefined && numbers.every((value) => value >= 0 && value <= 1)) {
    if (numbers.some((value) => !Number.isInteger(value))) return "probability";
    return new Map(classes.map((label) => [label, label === positive ? "1" : "0"]));
  }
  throw mismatch(
    `The column "${name}" of ${sample.path} holds ${seen.slice(0, 6).join(", ")}, and ${model.name} answers ${classes.slice(0, 6).join(", ")}.`,
    "Give a sample that holds labels of the model, or for two classes 0, 1 or a probability.",
  );
}

function sameWord(label: string): (cell: string) => boolean {
  return (cell) => cell.toLowerCase() === label.toLowerCase();
}

/** A label in the capitals of an example: TRUE, True or true. */
function styled(label: string, example: string): string {
  const lower = label.toLowerCase();
  if (example === example.toLowerCase()) return lower;
  if (example === example.toUpperCase()) return label.toUpperCase();
  return lower.charAt(0).toUpperCase() + lower.slice(1);
}

function mismatch(what: string, fix: string): MillwrightError {
  return new MillwrightError("SCHEMA_MISMATCH", what, fix);
}
