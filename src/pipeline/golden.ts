/**
 * Golden rows: synthetic rows drawn column by column from the reference profile,
 * stored with the file's own answers and compared each time it is loaded.
 *
 * Drawing each column alone breaks every link between columns, so no row is a
 * person's record. Odd rows come first: all missing, values never seen.
 */
import { MillwrightError, type Random, type Tensor } from "../core/index.ts";
import { feedsOf } from "../features/index.ts";
import type { Distribution, GoldenRows, ReferenceProfile } from "../model/index.ts";
import { compile } from "../runtime/index.ts";
import { type Cells, featureColumns, type Frame, type Schema } from "../schema/index.ts";

const goldenCount = 8;

/** A category that no table holds, so that the unknown code is exercised. */
const unseen = "(never seen)";

/**
 * Synthetic rows with the answers that a file gives them.
 *
 * @param bytes - The graph; it needs no metadata yet.
 * @param random - Of the model; the rows have a generator of their own under it.
 */
export async function answerGolden(
  bytes: Uint8Array,
  schema: Schema,
  profile: ReferenceProfile,
  random: Random,
): Promise<GoldenRows> {
  const frame = goldenFrame(schema, profile, random.child("golden rows"));
  const names = featureColumns(schema).map((column) => column.name);
  const session = await compile(bytes, { threads: 1 });
  try {
    const { prediction, probabilities, distances } = await session.run(feedsOf(frame, names));
    requireNumbers(probabilities ?? distances ?? prediction!);
    return {
      inputs: Object.fromEntries(names.map((name) => [name, cellsOf(frame, name)])),
      prediction: [...(prediction!.data as Float64Array | readonly string[])],
      ...(probabilities && { probabilities: rowsOf(probabilities) }),
      ...(distances && { distances: rowsOf(distances) }),
    };
  } finally {
    await session.release();
  }
}

/** A family that takes no missing number answers NaN where a step lets one through, which no row should find out. */
function requireNumbers({ dtype, data, shape }: Tensor): void {
  // A clustering may answer labels alone.
  if (dtype === "string") return;
  const answers = data as Float64Array;
  const at = answers.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return;
  const rows = shape[0]!;
  const bad = new Set<number>();
  answers.forEach((value, i) => {
    if (!Number.isFinite(value)) bad.add(Math.floor((i * rows) / answers.length));
  });
  throw new MillwrightError(
    "PARAMETER_CONFLICT",
    `The model answers ${answers[at]} for ${bad.size} of ${rows} rows drawn to try it, some of which miss values.`,
    "End each chain of features with impute(), or choose a family that takes missing numbers.",
  );
}

function cellsOf(frame: Frame, name: string): (number | string | null)[] {
  const cells = frame.columns.get(name)!;
  return cells.type === "number"
    ? Array.from(cells.values, (value) => (Number.isNaN(value) ? null : value))
    : Array.from(cells.codes, (code) => (code < 0 ? null : cells.dictionary[code]!));
}

function rowsOf(tensor: Tensor): number[][] {
  const [count = 0, width = 0] = tensor.shape;
  const values = tensor.data as Float64Array;
  return Array.from({ length: count }, (_, row) => [...values.subarray(row * width, (row + 1) * width)]);
}

/** Synthetic rows with every feature column of the schema. */
export function goldenFrame(schema: Schema, profile: ReferenceProfile, random: Random): Frame {
  const columns = new Map<string, Cells>();
  for (const column of featureColumns(schema)) {
    const distribution = profile.columns[column.name]!;
    const draw = random.child(column.name);
    columns.set(
      column.name,
      distribution.kind === "histogram"
        ? numbersFrom(distribution, draw, column.kind === "number" && column.dtype === "float32")
        : stringsFrom(distribution, draw),
    );
  }
  return { schema, rowCount: goldenCount, columns };
}

function numbersFrom(
  distribution: Extract<Distribution, { kind: "histogram" }>,
  random: Random,
  float32: boolean,
): Cells {
  const { edges, mean = 0, deviation = 1 } = distribution;
  const values = new Float64Array(goldenCount);
  for (let row = 0; row < goldenCount; row++) {
    let value = NaN;
    if (row > 0) {
      const at = random.integer(edges.length + 1);
      const low = edges[at - 1] ?? (edges[0] ?? mean) - deviation;
      const high = edges[at] ?? (edges.at(-1) ?? mean) + deviation;
      value = Number((low + (high - low) * random.next()).toPrecision(6));
    }
    values[row] = float32 ? Math.fround(value) : value;
  }
  return { type: "number", values };
}

function stringsFrom(distribution: Extract<Distribution, { kind: "frequencies" }>, random: Random): Cells {
  const dictionary = [...distribution.values, unseen];
  const codes = Int32Array.from({ length: goldenCount }, (_, row) => {
    if (row === 0) return -1;
    if (row === 1 || distribution.values.length === 0) return dictionary.length - 1;
    return random.integer(distribution.values.length);
  });
  return { type: "string", codes, dictionary };
}
