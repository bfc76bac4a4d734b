/** What the outputs of an ONNX file that another tool wrote say: numbers, or probabilities in the order of our classes. */
import { MillwrightError, type Tensor } from "../../../core/index.ts";
import type { Task } from "../../../pipeline/index.ts";
import type { ForeignFile } from "./foreign-file.ts";

type Outputs = Readonly<Record<string, Tensor>>;

/** How a file's outputs are read, settled on its first rows. */
export interface Reading {
  /** Appends the answers of the first `count` rows of a run: a number each, or a probability a class. */
  read(outputs: Outputs, count: number, out: Float64Array, at: number): void;
  /** What had to be assumed; for people. */
  readonly notes: readonly string[];
}

/** Names that converters give the answer of a regression. */
const answerNames = ["variable", "prediction", "predictions", "output", "y", "y_pred"];

/**
 * @param outputs - Of a run of `rows` rows.
 * @throws MillwrightError `MODEL_INVALID` where no output answers the task, `SCHEMA_MISMATCH` for other labels.
 */
export function readingOf(file: ForeignFile, task: Task, outputs: Outputs, rows: number): Reading {
  const widths = Object.entries(outputs).map(([name, tensor]) => ({
    name,
    tensor,
    width: tensor.data.length / rows,
  }));
  const floats = widths.filter(({ tensor }) => tensor.dtype === "float32" || tensor.dtype === "float64");
  if (task.kind === "regression") {
    const numbers = widths.filter(({ tensor, width }) => width === 1 && tensor.dtype !== "string");
    const single = numbers.filter((item) => floats.includes(item));
    const pool = single.length > 0 ? single : numbers;
    const chosen = pool.find(({ name }) => answerNames.includes(name.toLowerCase())) ?? pool[0];
    if (chosen === undefined) throw noAnswer(file, "one number a row", outputs, rows);
    const notes = pool.length > 1 ? [`of its ${pool.length} outputs "${chosen.name}" is taken`] : [];
    return { read: (all, count, out, at) => copyNumbers(all[chosen.name]!, count, out, at), notes };
  }
  const { classes } = task;
  const table = floats.find(({ width }) => width === classes.length);
  if (table !== undefined) {
    const { order, notes } = orderOf(file, classes);
    return { read: probabilities(file, table.name, order), notes };
  }
  const single = floats.find(({ width }) => width === 1);
  if (single !== undefined && classes.length === 2) {
    const notes = [`its one output "${single.name}" is taken for the probability of "${classes[1]}"`];
    return { read: oneProbability(file, single.name), notes };
  }
  const label = widths.find(({ tensor, width }) => width === 1 && !tensor.dtype.startsWith("float"));
  if (label !== undefined) return labels(file, label.name, label.tensor.dtype === "string", classes);
  throw noAnswer(file, `${classes.length} probabilities or one label a row`, outputs, rows);
}

function copyNumbers({ data }: Tensor, count: number, out: Float64Array, at: number): void {
  for (let row = 0; row < count; row++) out[at + row] = Number(data[row]);
}

/** Place of each of our classes among the file's. */
function orderOf(
  file: ForeignFile,
  classes: readonly string[],
): { order: readonly number[]; notes: string[] } {
  const identity = classes.map((_, code) => code);
  if (file.labels === undefined) {
    return {
      order: identity,
      notes: [`it names no labels: its probabilities are taken for ${classes.join(", ")} in this order`],
    };
  }
  const places = classes.map((label) => placeOf(label, file.labels!));
  if (file.labels.length === classes.length && !places.includes(-1)) return { order: places, notes: [] };
  const counted = file.numbered && file.labels.every((label, code) => label === String(code));
  if (counted && file.labels.length === classes.length) {
    return {
      order: identity,
      notes: [`its labels ${file.labels.join(", ")} are taken for ${classes.join(", ")} in this order`],
    };
  }
  throw otherLabels(file, file.labels, classes);
}

/** A label is found by its text, or as the same number. */
function placeOf(label: string, among: readonly string[]): number {
  const place = among.indexOf(label);
  if (place >= 0 || label.trim() === "") return place;
  const value = Number(label);
  return Number.isNaN(value)
    ? -1
    : among.findIndex((other) => other.trim() !== "" && Number(other) === value);
}

function probabilities(file: ForeignFile, name: string, order: readonly number[]): Reading["read"] {
  const width = order.length;
  return (outputs, count, out, at) => {
    const { data } = outputs[name]!;
    for (let row = 0; row < count; row++) {
      let sum = 0;
      for (let k = 0; k < width; k++) {
        const value = Number(data[row * width + order[k]!]);
        requireProbability(file, name, value);
        out[(at + row) * width + k] = value;
        sum += value;
      }
      if (Math.abs(sum - 1) > 1e-3)
        throw noProbability(file, name, `sums to ${sum.toPrecision(4)} over the classes`);
    }
  };
}

function oneProbability(file: ForeignFile, name: string): Reading["read"] {
  return (outputs, count, out, at) => {
    const { data } = outputs[name]!;
    for (let row = 0; row < count; row++) {
      const value = Number(data[row]);
      requireProbability(file, name, value);
      out[2 * (at + row)] = 1 - value;
      out[2 * (at + row) + 1] = value;
    }
  };
}

function labels(file: ForeignFile, name: string, words: boolean, classes: readonly string[]): Reading {
  const counted = !words && !classes.every((label) => label.trim() !== "" && Number.isInteger(Number(label)));
  const notes = ["it gives labels without probabilities, so that each counts as certain"];
  if (counted)
    notes.push(`its labels 0 to ${classes.length - 1} are taken for ${classes.join(", ")} in this order`);
  return {
    notes,
    read(outputs, count, out, at) {
      const { data } = outputs[name]!;
      for (let row = 0; row < count; row++) {
        const said = String(data[row]);
        const code = counted ? Number(said) : placeOf(said, classes);
        if (!(code >= 0 && code < classes.length)) throw otherLabels(file, file.labels ?? [said], classes);
        for (let k = 0; k < classes.length; k++) out[(at + row) * classes.length + k] = Number(k === code);
      }
    },
  };
}

function requireProbability(file: ForeignFile, name: string, value: number): void {
  if (value >= -1e-5 && value <= 1 + 1e-5) return;
  throw noProbability(file, name, `holds ${value.toPrecision(4)}`);
}

function noProbability(file: ForeignFile, name: string, what: string): MillwrightError {
  return new MillwrightError(
    "MODEL_INVALID",
    `The output "${name}" of ${file.name} ${what}, which is no probability.`,
    "Export the model with its probabilities instead of its scores.",
  );
}

function noAnswer(file: ForeignFile, wanted: string, outputs: Outputs, rows: number): MillwrightError {
  const got = Object.entries(outputs).map(
    ([name, { dtype, shape }]) => `${name} (${dtype} [${shape.join(", ")}])`,
  );
  return new MillwrightError(
    "MODEL_INVALID",
    `${file.name} gives no ${wanted} for ${rows} rows: ${got.join(", ")}.`,
    "Give a model of this target, and tell the kind of the task with --task.",
  );
}

function otherLabels(file: ForeignFile, theirs: readonly string[], ours: readonly string[]): MillwrightError {
  return new MillwrightError(
    "SCHEMA_MISMATCH",
    `${file.name} answers the labels ${theirs.slice(0, 10).join(", ")}, and the target holds ${ours.slice(0, 10).join(", ")}.`,
    "Give a model of the same target.",
  );
}
