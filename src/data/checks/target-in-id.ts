/**
 * Identifiers that tell the answer: a suffix for the class, ids given out class by class, a check digit.
 *
 * An id is taken apart into its characters from both ends, its length, its last part and the order of its
 * number; each part is scored against the target as a column of its own would be (`relation`).
 */
import type { Cells } from "../../schema/index.ts";
import { binRows } from "../profile/bins.ts";
import { relationOfBins } from "../profile/relation.ts";
import { type ProfileTarget, thinTarget } from "../profile/target.ts";

const maxRows = 20_000;
const places = 8;
/** A part with more different values than this is a name again, and no part that repeats. */
const maxLevels = 64;
/**
 * Score from which a part tells the answer. The scores are measured on rows that were not looked at, so some
 * twenty parts of noise stay far below it. The order alone must tell nearly everything: ids grow with time,
 * and with time many honest targets drift.
 */
const tells = { part: 0.6, order: 0.9 } as const;
/** Rows below which chance reaches such a score. */
const fewest = 60;

export interface TargetInId {
  readonly part: string;
  readonly score: number;
}

/** The part of the ids that tells most, where it tells enough. */
export function targetInId(cells: Cells, target: ProfileTarget): TargetInId | undefined {
  const small = thinTarget(target, maxRows);
  if (small.rows.length < fewest) return undefined;
  const texts = Array.from(small.rows, (row) => textOf(cells, row));
  const rows = Uint32Array.from(texts.keys());
  const judged: ProfileTarget = { ...small, rows };
  const scoreOf = (column: Cells): number => relationOfBins(binRows(column, rows, maxLevels), judged);
  const numbers = Float64Array.from(texts, (text) => numberIn(text));
  // Few rows a bin would blur what the order tells.
  const orderBins = Math.max(4, Math.min(maxLevels, Math.floor(rows.length / 25)));
  const order = relationOfBins(binRows({ type: "number", values: numbers }, rows, orderBins), judged);
  let best: TargetInId | undefined =
    order >= tells.order ? { part: "the order of its number", score: order } : undefined;
  for (const [part, of] of partsOf()) {
    const column = coded(texts.map(of));
    const score = column === undefined ? 0 : scoreOf(column);
    // The leading digits of a number that counts the rows are its order once more.
    if (score >= tells.part && score > Math.max(order, best?.score ?? 0)) best = { part, score };
  }
  return best;
}

function textOf(cells: Cells, row: number): string {
  if (cells.type === "number") return Number.isNaN(cells.values[row]!) ? "" : String(cells.values[row]);
  return cells.codes[row]! < 0 ? "" : cells.dictionary[cells.codes[row]!]!;
}

function* partsOf(): Generator<readonly [part: string, of: (text: string) => string]> {
  for (let at = 0; at < places; at++) {
    yield [`its character ${at + 1}`, (text) => text.charAt(at)];
    yield [
      at === 0 ? "its last character" : `its character ${at + 1} from the end`,
      (text) => text.charAt(text.length - 1 - at),
    ];
  }
  yield ["its last two characters", (text) => text.slice(-2)];
  yield ["its length", (text) => String(text.length)];
  yield ["its first letters", (text) => /^[^\d\W]*/.exec(text)![0]];
  yield ["its first part", (text) => /^[^-_/.:\s]*/.exec(text)![0]];
  yield ["its last part", (text) => /[^-_/.:\s]*$/.exec(text)![0]];
}

/** The parts as codes; undefined where they do not repeat, or are all the same. */
function coded(parts: readonly string[]): Cells | undefined {
  const known = new Map<string, number>();
  const codes = new Int32Array(parts.length);
  for (const [i, part] of parts.entries()) {
    const code = known.get(part) ?? known.size;
    if (code === known.size) known.set(part, code);
    if (known.size > maxLevels) return undefined;
    codes[i] = code;
  }
  return known.size < 2 ? undefined : { type: "string", codes, dictionary: [...known.keys()] };
}

/** The longest run of digits as a number; NaN without one. */
function numberIn(text: string): number {
  let longest = "";
  for (const run of text.match(/\d+/g) ?? []) if (run.length > longest.length) longest = run;
  return longest === "" ? Number.NaN : Number(longest);
}
