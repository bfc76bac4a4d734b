/** Small seeded tables on which every family of models must keep the laws. */
import { createRandom } from "../core/index.ts";
import type { Target, TrainingSet } from "../estimators/index.ts";
import { type Feature, joinRows, type Matrix } from "../features/index.ts";

/** What the columns of a table may hold. */
export interface Takes {
  /** Missing numbers and codes (NaN), in training too. */
  readonly missing?: boolean;
  /** Features of kind "category". */
  readonly categories?: boolean;
  /** ±Infinity when predicting. */
  readonly infinity?: boolean;
  /** One number as feature, no more. */
  readonly oneColumn?: boolean;
  /** Two classes, no more. */
  readonly twoClasses?: boolean;
  /** Only numbers above 0 as target. */
  readonly positiveTarget?: boolean | undefined;
  /** Features are counts or amounts: none below 0. */
  readonly atLeastZero?: boolean | undefined;
}

export type Kind = "number" | "two classes" | "three classes";
export const kinds: readonly Kind[] = ["number", "two classes", "three classes"];

export const number = (name: string): Feature => ({ name, sources: [name], kind: "number" });

/**
 * Rows whose target follows two of three numbers, and the category where there is one.
 *
 * @param rows - At least 20 for all classes to be there.
 */
export function table(
  kind: Kind,
  rows: number,
  takes: Takes,
  seed = 5,
): TrainingSet & { rowIds: Uint32Array } {
  const random = createRandom(seed);
  const a = Float64Array.from({ length: rows }, () => random.normal());
  const b = Float32Array.from({ length: rows }, () => Math.round(random.normal() * 8) / 4 + 100);
  const c = Float64Array.from({ length: rows }, () => random.next() * 1e-3);
  const city = Float64Array.from({ length: rows }, () => random.integer(4));
  const signal = Float64Array.from(a, (v, i) => {
    const code = takes.categories ? (city[i]! === 2 ? 1.5 : 0) : 0;
    return 2 * v + (b[i]! - 100) + code + 0.3 * random.normal();
  });
  if (takes.missing) {
    for (let i = 0; i < rows; i += 7) a[i] = Number.NaN;
    for (let i = 3; i < rows; i += 11) city[i] = Number.NaN;
  }
  if (takes.atLeastZero) {
    // The first two rise and fall with the target, so that their shares tell it.
    for (let i = 0; i < rows; i++) {
      a[i] = Math.exp(a[i]!);
      b[i] = Math.exp((100 - b[i]!) / 2);
    }
  }
  const features: Feature[] = [number("a"), number("b"), number("c")];
  const columns: (Float32Array | Float64Array)[] = [a, b, c];
  if (takes.categories) {
    features.push({ name: "city", sources: ["city"], kind: "category", cardinality: 4 });
    columns.push(city);
  }
  if (takes.oneColumn) {
    const at = takes.categories ? 3 : 0;
    features.splice(0, features.length, features[at]!);
    columns.splice(0, columns.length, columns[at]!);
  }
  return {
    x: { rowCount: rows, features, columns },
    y: targetOf(kind, takes.positiveTarget ? signal.map((v) => Math.exp(v / 3)) : signal),
    rowIds: Uint32Array.from({ length: rows }, (_, i) => 1000 + i),
  };
}

export function targetOf(kind: Kind, signal: Float64Array): Target {
  if (kind === "number") return { kind: "regression", values: signal.slice() };
  const cut = (v: number): number =>
    kind === "two classes" ? Number(v > 0.2) : v > 1.5 ? 2 : v > -1 ? 1 : 0;
  return {
    kind: "classification",
    classCount: kind === "two classes" ? 2 : 3,
    codes: Int32Array.from(signal, cut),
  };
}

/** Rows to predict: the table's first ones, then values far outside it, in every column in turn. */
export function strangeRows(x: Matrix, takes: Takes): Matrix {
  const strange = [0, -1e6, 1e6, 1e12, -1e12, 5e-324, 1e-300];
  if (takes.missing) strange.push(Number.NaN);
  if (takes.infinity) strange.push(Infinity, -Infinity);
  const base = Math.min(50, x.rowCount);
  const numbers = x.features.flatMap((f, j) => (f.kind === "number" ? [j] : []));
  const categories = x.features.flatMap((f, j) => (f.kind === "category" ? [j] : []));
  const edits: [number, number][] = [
    ...numbers.flatMap((j) => strange.map((v): [number, number] => [j, v])),
    ...(takes.missing ? categories.map((j): [number, number] => [j, Number.NaN]) : []),
  ];
  const rowCount = base + edits.length + 1;
  const columns = x.columns.map((column, j) => {
    const out = column.constructor === Float32Array ? new Float32Array(rowCount) : new Float64Array(rowCount);
    for (let i = 0; i < rowCount; i++) out[i] = column[i % base]!;
    edits.forEach(([at, v], k) => {
      if (at === j) out[base + k] = v;
    });
    // The last row is strange all over.
    if (x.features[j]!.kind === "number") out[rowCount - 1] = takes.missing ? Number.NaN : 1e6;
    return out;
  });
  return { rowCount, features: x.features, columns };
}

/** A matrix with columns of mostly zeros beside its own: dense, and as sparse rows whose columns cannot be read. */
export function mostlyZeros(x: Matrix): { dense: Matrix; sparse: Matrix } {
  const { rowCount } = x;
  const zeros = Array.from({ length: 20 }, (_, j) =>
    Float64Array.from({ length: rowCount }, (_row, i) => ((i * 7 + j * 13) % 11 === 0 ? 1 + (i % 3) : 0)),
  );
  const features = [...x.features, ...zeros.map((_, j) => number(`rare ${j}`))];
  const columns = [...x.columns, ...zeros];
  return {
    dense: { rowCount, features, columns },
    sparse: {
      rowCount,
      features,
      sparse: joinRows([columns], rowCount),
      get columns(): never {
        throw new Error("The family says that it reads sparse rows, and asked for their columns.");
      },
    },
  };
}

/** The matrix as rows, for the graph. Row-major [rowCount, features]. */
export function rowMajor(x: Matrix): Float64Array {
  const p = x.columns.length;
  const out = new Float64Array(x.rowCount * p);
  x.columns.forEach((column, j) => {
    for (let i = 0; i < x.rowCount; i++) out[i * p + j] = column[i]!;
  });
  return out;
}
