/** Rows that repeat an earlier one in every column, by two 32-bit hashes of each row. */
import { hashString, mix32 } from "../../core/index.ts";
import type { Frame } from "../../schema/index.ts";

/** Number of rows that repeat another, identifiers left out. */
export function countDuplicateRows(frame: Frame): number {
  const first = new Uint32Array(frame.rowCount);
  const second = new Uint32Array(frame.rowCount);
  const word = new Float64Array(1);
  const bits = new Uint32Array(word.buffer);
  let used = 0;
  for (const column of frame.schema.columns) {
    if (column.role === "id") continue;
    used++;
    const cells = frame.columns.get(column.name)!;
    const salt = hashString(column.name);
    for (let row = 0; row < frame.rowCount; row++) {
      let hash: number;
      if (cells.type === "number") {
        const value = cells.values[row]!;
        word[0] = value === 0 ? 0 : value;
        hash = value === value ? mix32(bits[0]! ^ mix32(bits[1]! ^ salt)) : salt;
      } else hash = mix32(cells.codes[row]! ^ salt);
      first[row] = mix32(first[row]! ^ hash);
      second[row] = Math.imul(second[row]! ^ hash, 0x9e3779b1) + 0x7f4a7c15;
    }
  }
  if (used === 0) return 0;
  const keys = new Float64Array(frame.rowCount);
  for (let row = 0; row < keys.length; row++) keys[row] = first[row]! * 2097152 + (second[row]! >>> 11);
  keys.sort();
  let duplicates = 0;
  for (let row = 1; row < keys.length; row++) if (keys[row] === keys[row - 1]) duplicates++;
  return duplicates;
}
