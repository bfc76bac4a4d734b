/**
 * Rows with texts, cut into runs that stay small.
 *
 * A graph that cuts texts into words or characters fills each row up to the longest text of its run, so that one text of
 * a megabyte among 300 short ones makes 300 rows of a megabyte: 10 GB where a network reads characters. So a run ends
 * before its rows times its longest text pass a limit, and a text beyond it runs alone, at 20 to 85 bytes a character.
 * Where a run ends follows from the rows alone, whoever computes it.
 */
import { MillwrightError, type Tensor } from "../core/index.ts";
import type { Feeds } from "./tensors.ts";

/** Characters of one run as a full rectangle: 1,024 rows of 2,048. */
const mostCharacters = 2 ** 21;
/** Longest text that is run at all, in UTF-16 units: alone it takes up to 1.5 GB. */
const longestText = 2 ** 24;

/** Neighbouring rows [start, start + count) of some feeds, and their part of each tensor. */
interface Run {
  readonly start: number;
  readonly count: number;
  readonly feeds: Record<string, Tensor>;
}

/**
 * Cuts rows into runs, in their order. Rows without long texts stay one run, of the very tensors that were given.
 *
 * @param feeds - Each [rows, …], of the same rows.
 * @param owner - Whose inputs they are, for messages: `churn.onnx`.
 * @throws MillwrightError `DATA_LIMIT` for a text of more than 16,777,216 characters.
 */
export function* boundedRuns(feeds: Feeds, owner: string): Generator<Run> {
  requireTextsFit(feeds, owner);
  const lengths = rowLengths(feeds);
  const rowCount = Object.values(feeds)[0]?.shape[0] ?? 0;
  const runs = lengths ? planRuns(lengths, mostCharacters) : [{ start: 0, count: rowCount }];
  for (const { start, count } of runs)
    yield { start, count, feeds: count === rowCount ? feeds : rowsOf(feeds, start, count) };
}

/**
 * Runs of rows whose number times their largest length stays within `most`; a longer row is alone. Linear in the rows.
 *
 * @param lengths - Characters a row.
 */
export function planRuns(
  lengths: ArrayLike<number>,
  most: number,
): readonly { readonly start: number; readonly count: number }[] {
  const runs: { start: number; count: number }[] = [];
  let longest = 0;
  for (let row = 0; row < lengths.length; row++) {
    const last = runs.at(-1);
    longest = Math.max(longest, lengths[row]!);
    if (last !== undefined && (last.count + 1) * longest <= most) last.count++;
    else {
      runs.push({ start: row, count: 1 });
      longest = lengths[row]!;
    }
  }
  return runs;
}

/**
 * Refuses what would take too much memory even alone.
 *
 * @throws MillwrightError `DATA_LIMIT`.
 */
export function requireTextsFit(feeds: Feeds, owner: string): void {
  for (const [name, { dtype, data }] of Object.entries(feeds)) {
    if (dtype !== "string") continue;
    for (const { length } of data as readonly string[]) {
      if (length <= longestText) continue;
      throw new MillwrightError(
        "DATA_LIMIT",
        `${owner} reads texts of at most ${longestText} characters, and one of "${name}" has ${length}.`,
        `Cut such texts first, as with --sql and substr("${name}", 1, 100000).`,
      );
    }
  }
}

/** Characters of the widest string tensor a row: its elements, each as long as its longest. Undefined without strings. */
function rowLengths(feeds: Feeds): Uint32Array | undefined {
  let lengths: Uint32Array | undefined;
  for (const { dtype, data, shape } of Object.values(feeds)) {
    const rowCount = shape[0]!;
    if (dtype !== "string" || rowCount === 0) continue;
    const texts = data as readonly string[];
    const width = texts.length / rowCount;
    lengths ??= new Uint32Array(rowCount);
    for (let at = 0; at < texts.length; at++) {
      const row = Math.floor(at / width);
      lengths[row] = Math.max(lengths[row]!, width * texts[at]!.length);
    }
  }
  return lengths;
}

function rowsOf(feeds: Feeds, start: number, count: number): Record<string, Tensor> {
  const parts = Object.entries(feeds).map(([name, { dtype, shape, data }]): [string, Tensor] => {
    const width = data.length / shape[0]!;
    const part = data.slice(start * width, (start + count) * width);
    return [name, { dtype, shape: [count, ...shape.slice(1)], data: part } as Tensor];
  });
  return Object.fromEntries(parts);
}
