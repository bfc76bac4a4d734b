/**
 * Golden rows: synthetic rows inside the file with the answers that its graph gave when it was written.
 *
 * They are answered again at every load, so that another machine, runtime or a
 * changed byte shows at once. They compare at 1e-6 relative, never in bits:
 * processors differ in the last ones.
 */
import { MillwrightError, type Tensor } from "../core/index.ts";
import {
  type ColumnSchema,
  featureColumns,
  inputCells,
  inputShape,
  inputType,
  kindOf,
} from "../schema/index.ts";
import { type Outputs, placesOf, tagsAt } from "./answers.ts";
import { besideOf, type GoldenRows, type ModelMetadata } from "./metadata.ts";

/** Largest relative difference between a golden answer and its repetition. */
const goldenTolerance = 1e-6;

/** The golden rows as feeds of the graph: a tensor [rows, 1] a column. */
function goldenFeeds(columns: readonly ColumnSchema[], inputs: GoldenRows["inputs"]): Record<string, Tensor> {
  const feeds: [string, Tensor][] = columns.map((column) => {
    const given = inputs[column.name]!;
    const cells = inputCells(column, given.length);
    const dtype = inputType(column);
    const shape = inputShape(column, given.length);
    if (column.kind === "sequence") {
      const size = cells.length / given.length;
      given.forEach((text, i) => (cells as Float64Array).set(numbersOf(String(text)), i * size));
      return [column.name, { dtype, shape, data: cells } as Tensor];
    }
    if (isMedia(column)) {
      const size = cells.length / given.length;
      const read = column.kind === "image" ? bytesOf : samplesOf;
      given.forEach((text, i) => (cells as Uint8Array | Float32Array).set(read(String(text)), i * size));
      return [column.name, { dtype, shape, data: cells } as Tensor];
    }
    if (column.kind === "tokens") {
      given.forEach((text, i) =>
        String(text)
          .split(" ")
          .forEach((token, k) => (cells[i * column.places + k] = token)),
      );
      return [column.name, { dtype, shape, data: cells } as Tensor];
    }
    for (let i = 0; i < given.length; i++) cells[i] = given[i] ?? (dtype === "string" ? "" : Number.NaN);
    return [column.name, { dtype, shape, data: cells } as Tensor];
  });
  return Object.fromEntries(feeds);
}

/**
 * Compares a model's answers to its golden rows.
 *
 * @param run - Runs the graph on feeds.
 * @throws MillwrightError `MODEL_CHANGED` at the first answer that differs by more than 1e-6.
 * @throws MillwrightError `MODEL_INVALID` where a golden cell is of another kind than its column.
 */
export async function checkGolden(
  name: string,
  metadata: ModelMetadata,
  run: (feeds: Record<string, Tensor>) => Promise<Outputs>,
): Promise<void> {
  const { golden, classes } = metadata;
  const count = golden.prediction.length;
  if (count === 0) return;
  const columns = featureColumns(metadata.schema);
  checkCells(name, columns, golden);
  const answers = await run(goldenFeeds(columns, golden.inputs));
  const prediction = answers.prediction.data;
  const beside = besideOf(metadata);
  const besides = beside && (answers[beside]!.data as Float64Array);
  const places = placesOf(metadata);
  const typical = classes === undefined ? mean(golden.prediction.flat() as readonly number[]) : 1;
  for (let row = 0; row < count; row++) {
    const expected = (beside && golden[beside]?.[row]) ?? [];
    for (let k = 0; k < expected.length; k++) {
      const got = besides![row * expected.length + k]!;
      if (!near(got, expected[k]!, 1)) throw changed(name, row, `${expected[k]} for "${classes![k]}"`, got);
    }
    const wanted = golden.prediction[row]!;
    if (typeof wanted === "object") {
      const scale = mean(wanted);
      const requireNear = (expected: readonly number[], given: ArrayLike<unknown>, what: string): void =>
        expected.forEach((each, k) => {
          const got = given[row * wanted.length + k] as number;
          if (!near(got, each, scale)) throw changed(name, row, `${each} as ${what} ${k + 1}`, got);
        });
      requireNear(wanted, prediction, "value");
      requireNear(golden.low?.[row] ?? [], answers.low?.data ?? [], "low end");
      requireNear(golden.high?.[row] ?? [], answers.high?.data ?? [], "high end");
      continue;
    }
    const got =
      places === undefined
        ? (prediction[row] as string | number)
        : tagsAt(prediction as readonly string[], row, places).join(" ");
    const same =
      typeof wanted === "number"
        ? near(got as number, wanted, typical)
        : got === wanted ||
          isTie(metadata, beside === "distances" ? expected.map((d) => -d) : expected, String(got));
    if (!same) throw changed(name, row, JSON.stringify(wanted), got);
  }
}

const near = (a: number, b: number, scale: number): boolean =>
  Math.abs(a - b) <= goldenTolerance * Math.max(Math.abs(b), scale);

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + Math.abs(value), 0) / values.length;

/** Whether another label is no change: it is as probable, or as near, as the winner, or stands on the threshold. */
function isTie({ classes, task }: ModelMetadata, probabilities: readonly number[], label: string): boolean {
  if (task.thresholds !== undefined)
    return probabilities.some((p, k) => Math.abs(p - task.thresholds![k]!) <= goldenTolerance);
  const own = probabilities[classes!.indexOf(label)];
  if (own === undefined) return false;
  if (task.kind !== "binary") {
    const most = Math.max(...probabilities);
    return most - own <= 2 * goldenTolerance * Math.max(1, Math.abs(most));
  }
  const positive = probabilities[classes!.indexOf(task.positive ?? classes![1]!)]!;
  return Math.abs(positive - (task.threshold ?? 0.5)) <= goldenTolerance;
}

const isMedia = (column: ColumnSchema): boolean => column.kind === "image" || column.kind === "audio";

/** A picture's bytes of base64; browsers have no Buffer. */
function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

/** A sound's samples of base64: float32, the lowest byte first. */
function samplesOf(text: string): Float32Array {
  const view = new DataView(bytesOf(text).buffer);
  return Float32Array.from({ length: view.byteLength / 4 }, (_, i) => view.getFloat32(4 * i, true));
}

/** A sequence's numbers of base64: float64, the lowest byte first. */
function numbersOf(text: string): Float64Array {
  const view = new DataView(bytesOf(text).buffer);
  return Float64Array.from({ length: view.byteLength / 8 }, (_, i) => view.getFloat64(8 * i, true));
}

function isSentence(text: string, places: number): boolean {
  const tokens = text.split(" ");
  return tokens.length <= places && !tokens.includes("");
}

function isBytes(text: string, size: number): boolean {
  return /^[A-Za-z0-9+/]*={0,2}$/.test(text) && text.length % 4 === 0 && bytesOf(text).length === size;
}

function checkCells(name: string, columns: readonly ColumnSchema[], golden: GoldenRows): void {
  for (const column of columns) {
    const type = ["string", "uint8"].includes(inputType(column)) ? "string" : "number";
    const fits = (cell: GoldenRows["inputs"][string][number]): boolean =>
      isMedia(column)
        ? typeof cell === "string" && isBytes(cell, (inputCells(column, 1) as Uint8Array).byteLength)
        : column.kind === "sequence"
          ? typeof cell === "string" && isBytes(cell, 8 * inputCells(column, 1).length)
          : column.kind === "tokens"
            ? typeof cell === "string" && isSentence(cell, column.places)
            : cell === null || typeof cell === type;
    if (!golden.inputs[column.name]!.every(fits)) {
      throw new MillwrightError(
        "MODEL_INVALID",
        `${name} has golden rows with another kind than ${isMedia(column) || ["sequence", "tokens"].includes(column.kind) ? kindOf(column) : type} in the column "${column.name}".`,
        "Train it again, or take the file from its source again.",
      );
    }
  }
}

function changed(name: string, row: number, expected: string, got: string | number): MillwrightError {
  return new MillwrightError(
    "MODEL_CHANGED",
    `${name} answered its golden row ${row + 1} with ${JSON.stringify(got)}, and ${expected} when it was written.`,
    "Take the file from its source again; if it is whole, report this machine and its ONNX Runtime.",
  );
}
