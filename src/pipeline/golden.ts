/**
 * Golden rows: synthetic rows drawn column by column from the reference profile,
 * stored with the file's own answers and compared each time it is loaded.
 *
 * Drawing each column alone breaks every link between columns, so no row is a
 * person's record. Odd rows come first: all missing, values never seen.
 */
import type { Random } from "../core/index.ts";
import type { Distribution, ReferenceProfile } from "../model/index.ts";
import { type Cells, featureColumns, type Frame, type Schema } from "../schema/index.ts";

const goldenCount = 8;

/** A category that no table holds, so that the unknown code is exercised. */
const unseen = "(never seen)";

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
