/** Frames out of plain arrays: small tables on which steps must keep the laws. Numbers are number columns, strings what `kind` says; null is missing. */
import type { Cells, ColumnSchema, Frame, Kind } from "../schema/index.ts";

export type Plain = readonly (number | string | null)[];
export interface PlainColumn {
  readonly kind: Exclude<Kind, "image" | "audio" | "sequence" | "tokens">;
  readonly cells: Plain;
  readonly dtype?: "float32" | "float64";
}

/** @param columns - Cells alone are numbers or categories, as the first cell that is not null says. */
export function frameOf(columns: Readonly<Record<string, Plain | PlainColumn>>): Frame {
  const schema: ColumnSchema[] = [];
  const cells = new Map<string, Cells>();
  let rowCount = 0;
  for (const [name, given] of Object.entries(columns)) {
    const column: PlainColumn = "kind" in given ? given : { kind: guess(given), cells: given };
    const common = { name, role: "feature" } as const;
    rowCount = column.cells.length;
    if (column.kind === "number") {
      schema.push({ ...common, kind: "number", dtype: column.dtype ?? "float64" });
    } else if (column.kind === "datetime") schema.push({ ...common, kind: "datetime", clock: "instant" });
    else schema.push({ ...common, kind: column.kind });
    cells.set(
      name,
      column.kind === "number" || column.kind === "datetime"
        ? numberCells(column.cells)
        : codes(column.cells),
    );
  }
  return { schema: { columns: schema }, rowCount, columns: cells };
}

function guess(cells: Plain): PlainColumn["kind"] {
  return typeof cells.find((cell) => cell !== null) === "string" ? "category" : "number";
}

function numberCells(cells: Plain): Cells {
  return {
    type: "number",
    values: Float64Array.from(cells, (cell) => (cell === null ? Number.NaN : Number(cell))),
  };
}

function codes(cells: Plain): Cells {
  const dictionary = new Map<string, number>();
  const rows = Int32Array.from(cells, (cell) => {
    if (cell === null) return -1;
    const text = String(cell);
    let code = dictionary.get(text);
    if (code === undefined) dictionary.set(text, (code = dictionary.size));
    return code;
  });
  return { type: "string", codes: rows, dictionary: [...dictionary.keys()] };
}
