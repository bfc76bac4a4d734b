/**
 * Rows that try a model file: drawn from its own reference profile, then made odd.
 *
 * A cell is usual, missing, or odd: numbers at the edge of their type and ±Infinity,
 * categories never seen, times before 1970 and far ahead, text with every kind of character.
 */
import { createRandom, type Random } from "../../src/core/index.ts";
import type { Distribution, ModelMetadata } from "../../src/model/index.ts";
import { type Cells, type ColumnSchema, featureColumns, type Frame } from "../../src/schema/index.ts";

const oddNumbers = [
  0,
  -0,
  1e-320,
  1e-30,
  16777217,
  -1e15,
  3.4e38,
  -1e300,
  Number.MAX_VALUE,
  Infinity,
  -Infinity,
];
const oddTimes = [0, -1, 1, -62135596800000, 253402300799999, Date.UTC(1900, 1, 28), Date.UTC(2000, 1, 29)];
const oddTexts = [
  " ",
  "never seen",
  "Ωμέγα ÄÖÜ ß İ ǅ",
  "日本語の文字",
  "😀👨‍👩‍👧 e\u0301 \u202eltr",
  "tab\tline\nreturn\r",
  "'\"\\`,;<>&%",
  "1e5",
  "a".repeat(5000),
  "the the THE The bill",
];

/**
 * @param oddShare - Share of the cells that are odd; a twentieth of all is missing besides.
 * @returns A frame of the model's features.
 */
export function oddFrame(metadata: ModelMetadata, rowCount: number, seed: number, oddShare = 0.05): Frame {
  const random = createRandom(seed);
  const features = featureColumns(metadata.schema);
  const columns = new Map<string, Cells>();
  for (const column of features) {
    const draw = random.child(column.name);
    const distribution = metadata.profile?.columns[column.name];
    const golden = metadata.golden.inputs[column.name]!;
    const kindOfCell = (): "missing" | "odd" | "usual" => {
      const at = draw.next();
      return at < 0.05 ? "missing" : at < 0.05 + oddShare ? "odd" : "usual";
    };
    if (column.kind === "number" || column.kind === "datetime") {
      const odd = column.kind === "number" ? oddNumbers : oddTimes;
      const values = Float64Array.from({ length: rowCount }, () => {
        const kind = kindOfCell();
        if (kind === "missing") return Number.NaN;
        const value =
          kind === "odd" ? odd[draw.integer(odd.length)]! : usualNumber(column, distribution, draw);
        return column.kind === "number" && column.dtype === "float32" ? Math.fround(value) : value;
      });
      columns.set(column.name, { type: "number", values });
    } else {
      const known =
        distribution?.kind === "frequencies"
          ? distribution.values
          : golden.filter((cell): cell is string => typeof cell === "string");
      const dictionary = [...known, ...oddTexts];
      const codes = Int32Array.from({ length: rowCount }, () => {
        const kind = kindOfCell();
        if (kind === "missing") return -1;
        return kind === "odd" || known.length === 0
          ? known.length + draw.integer(oddTexts.length)
          : draw.integer(known.length);
      });
      columns.set(column.name, { type: "string", codes, dictionary });
    }
  }
  return { schema: metadata.schema, rowCount, columns };
}

function usualNumber(column: ColumnSchema, distribution: Distribution | undefined, random: Random): number {
  if (distribution?.kind !== "histogram" || distribution.edges.length === 0) {
    return column.kind === "datetime" ? Math.floor(random.next() * 2e12) : random.normal() * 50;
  }
  const { edges, deviation = 1 } = distribution;
  const at = random.integer(edges.length + 1);
  const low = edges[at - 1] ?? edges[0]! - deviation;
  const high = edges[at] ?? edges.at(-1)! + deviation;
  return low + (high - low) * random.next();
}
