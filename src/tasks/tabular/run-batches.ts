/**
 * Rows as they come, regrouped into whole runs of the model: a run then holds the same rows however the source was
 * cut, and so the answers have the same bits. A string column brings the strings of its own rows only.
 */
import { blockSize } from "../../model/index.ts";
import { type Cells, type Frame, takeRows } from "../../schema/index.ts";

export class RunBatches {
  private readonly rows: number;
  /** Fewer rows than one run. */
  private kept: Frame | undefined;

  /** @param rows - Of one run; those of the model's blocks unless told. */
  constructor(rows = blockSize) {
    this.rows = rows;
  }

  /** The rows that make whole runs, kept ones first; undefined while they are fewer. */
  add(frame: Frame): Frame | undefined {
    const all = this.kept === undefined ? frame : stacked(this.kept, frame);
    const whole = all.rowCount - (all.rowCount % this.rows);
    this.kept = part(all, whole, all.rowCount);
    return part(all, 0, whole);
  }

  /** What is left when no more rows come. */
  rest(): Frame | undefined {
    return this.kept;
  }
}

function part(frame: Frame, start: number, end: number): Frame | undefined {
  if (start === end) return undefined;
  const rows = Uint32Array.from({ length: end - start }, (_, i) => start + i);
  const taken = takeRows(frame, rows);
  return { ...taken, columns: new Map([...taken.columns].map(([name, cells]) => [name, compact(cells)])) };
}

/** A column with a dictionary of what its rows hold. */
function compact(cells: Cells): Cells {
  if (cells.type === "number") return cells;
  const dictionary: string[] = [];
  const codeOf = new Map<number, number>();
  const codes = Int32Array.from(cells.codes, (code) => {
    if (code < 0) return code;
    let own = codeOf.get(code);
    if (own === undefined) {
      own = dictionary.push(cells.dictionary[code]!) - 1;
      codeOf.set(code, own);
    }
    return own;
  });
  return { type: "string", codes, dictionary };
}

/** Rows below one another, by one schema. */
function stacked(above: Frame, below: Frame): Frame {
  const rowCount = above.rowCount + below.rowCount;
  const columns = [...below.columns].map(([name, cells]): [string, Cells] => {
    const before = above.columns.get(name)!;
    if (cells.type === "number" || before.type === "number") {
      const values = new Float64Array(rowCount);
      if (before.type === "number") values.set(before.values);
      if (cells.type === "number") values.set(cells.values, above.rowCount);
      return [name, { type: "number", values }];
    }
    const codes = new Int32Array(rowCount);
    const offset = before.dictionary.length;
    codes.set(before.codes);
    for (let row = 0; row < below.rowCount; row++) {
      const code = cells.codes[row]!;
      codes[above.rowCount + row] = code < 0 ? code : code + offset;
    }
    return [name, { type: "string", codes, dictionary: [...before.dictionary, ...cells.dictionary] }];
  });
  return { schema: below.schema, rowCount, columns: new Map(columns) };
}
