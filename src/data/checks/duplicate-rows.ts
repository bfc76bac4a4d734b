/** Rows that repeat an earlier one in every column, by a 53-bit hash of each row. */
import { hashString } from "../../core/index.ts";
import type { Frame } from "../../schema/index.ts";

/** Number of rows that repeat another, identifiers left out. */
export function countDuplicateRows(frame: Frame): number {
  const { rowCount } = frame;
  const first = new Int32Array(rowCount);
  const second = new Int32Array(rowCount);
  const columns = frame.schema.columns.filter((column) => column.role !== "id");
  if (columns.length === 0) return 0;
  for (const { name } of columns) {
    const cells = frame.columns.get(name)!;
    const salt = hashString(name);
    if (cells.type === "string") mixCodes(cells.codes, salt, first, second);
    else mixNumbers(cells.values, salt, first, second);
  }
  const keys = new Float64Array(rowCount);
  for (let row = 0; row < rowCount; row++) keys[row] = (first[row]! >>> 0) * 2097152 + (second[row]! >>> 11);
  keys.sort();
  let duplicates = 0;
  for (let row = 1; row < rowCount; row++) if (keys[row] === keys[row - 1]) duplicates++;
  return duplicates;
}

// Two chains of multiplications; each folds its high bits down before the next column comes.
function mixCodes(codes: Int32Array, salt: number, first: Int32Array, second: Int32Array): void {
  for (let row = 0; row < codes.length; row++) {
    const word = codes[row]! ^ salt;
    const a = Math.imul(first[row]! ^ word, 0x85ebca6b);
    const b = Math.imul(second[row]! + word, 0xc2b2ae35);
    first[row] = a ^ (a >>> 15);
    second[row] = b ^ (b >>> 13);
  }
}

function mixNumbers(values: Float64Array, salt: number, first: Int32Array, second: Int32Array): void {
  const words = new Int32Array(values.buffer, values.byteOffset, values.length * 2);
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!;
    // One zero and one NaN.
    const low = value === 0 || value !== value ? (value === 0 ? 0 : 1) : words[2 * row]!;
    const high = value === 0 || value !== value ? salt : words[2 * row + 1]! ^ salt;
    const a = Math.imul(Math.imul(first[row]! ^ low, 0x85ebca6b) ^ high, 0x9e3779b1);
    const b = Math.imul(Math.imul(second[row]! + high, 0xc2b2ae35) + low, 0x27d4eb2f);
    first[row] = a ^ (a >>> 15);
    second[row] = b ^ (b >>> 13);
  }
}
