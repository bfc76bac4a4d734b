/**
 * The words that an answer rests on, by leaving them out: the model answers a text once as it is and once without a
 * word, and the difference is what the word brought there. It asks the model alone, so that it tells of a network or an
 * ensemble as well as of a linear model. Of classes it is the difference of the log-odds: a sure answer hardly changes
 * its probability when one of five words for it is gone, and yet the odds fall; of a logistic regression on words it is
 * the word's coefficient. Source: Robnik-Šikonja & Kononenko 2008, IEEE TKDE 20(5):589–600, weight of evidence.
 *
 * Every word of enough rows is first left out of a few texts; those that change an answer most are left out of more.
 * Only means over several rows come out, of words that several rows hold: no word tells of one row. Words are cut and
 * their case is folded as the text steps do it; a column whose words hardly recur (a language that writes no spaces) is
 * cut into characters.
 */
import { createRandom, MillwrightError } from "../core/index.ts";
import { asSeen, firstTokens, type TokenUnit, withoutToken } from "../features/index.ts";
import { type Cells, type Frame, takeRows } from "../schema/index.ts";
import { standardDeviation } from "./bootstrap.ts";
import { studentQuantile } from "./distributions.ts";
import { cellsOf } from "./permutation-importance.ts";
import { type Predict, sampleRows } from "./rows.ts";

export interface WordOptions {
  readonly predict: Predict;
  /** Rows that the model has not learnt from. */
  readonly frame: Frame;
  /** The model's answers for these rows, row-major [rows, 1 or classes]. */
  readonly output: Float64Array;
  readonly seed: number;
  /** Rows that the model has learnt from: by Laplace's rule no probability is nearer to 0 or 1 than one of them; default as many as in the frame. */
  readonly learntRows?: number | undefined;
  /** Text columns; the frame's features of that kind unless told. */
  readonly columns?: readonly string[] | undefined;
  /** A word counts if so many rows hold it; default 5. */
  readonly minRows?: number | undefined;
  /** Rows read at most, drawn at random; default 5,000. */
  readonly maxRows?: number | undefined;
  /** Texts that a word is left out of at most; default 30. */
  readonly maxTexts?: number | undefined;
  /** Words that are looked at closely, for each class and direction; default 18. */
  readonly leaders?: number | undefined;
  /** Predictions at most; default 10,000. Fewer are made where texts are long. */
  readonly maxPredictions?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface WordEffect {
  readonly column: string;
  /** In lower case. */
  readonly word: string;
  /** A word or single sign, or a character. */
  readonly unit: TokenUnit;
  /** Rows that it was left out of. */
  readonly rows: number;
  /** Mean of the answer with it less the answer without it: in log-odds (natural) of each class, or of the number. Shape [1 or classes]. */
  readonly mean: readonly number[];
  /** Half of the mean's 95 % interval (Student's t over the rows). Shape [1 or classes]. */
  readonly half: readonly number[];
}

export interface WordEffects {
  /** Words of enough rows, of which the leaders were chosen. */
  readonly words: number;
  /** Those that change an answer most, in no order that matters. */
  readonly leaders: readonly WordEffect[];
}

/** Longer texts are not asked about: each word of one would cost as much as hundreds of others. */
const longestText = 20_000;
/** Characters of all texts that are asked about. */
const mostCharacters = 2e7;
/** Texts that every word is left out of. */
const firstTexts = 5;
/** Share of the predictions that finds the leaders. */
const searching = 0.6;
/** Predictions at once: between them a run can be stopped. */
const batch = 1024;
/** A column is cut into characters where fewer of its words than this recur in enough rows. */
const recurring = 0.1;

/** A word, and where it stands. */
interface Candidate {
  readonly column: string;
  readonly word: string;
  readonly unit: TokenUnit;
  /** Rows that hold it, in the order in which they are asked. */
  readonly rows: readonly number[];
  /** Differences of the answers, a list for each class. */
  readonly differences: readonly number[][];
}

/**
 * Mean effect of words on the answers. Costs at most `maxPredictions` predictions, and is linear in the rows' texts.
 *
 * @throws MillwrightError `SCHEMA_MISSING_COLUMN` for a column that the frame has not; `CANCELLED`.
 */
export async function wordEffects(options: WordOptions): Promise<WordEffects> {
  const { frame, output, minRows = 5, maxRows = 5000, maxTexts = 30, maxPredictions = 10_000 } = options;
  const random = createRandom(options.seed).child("words");
  const rows = random.child("order").shuffle(sampleRows(frame.rowCount, maxRows, random.child("rows")));
  const width = output.length / Math.max(1, frame.rowCount);
  const columns = options.columns ?? textColumns(frame);
  const read = columns.map((column) => readColumn(frame, column, rows, minRows, width));
  const found = read.flatMap(({ candidates }) => candidates);
  const most = Math.min(maxPredictions, mostCharacters / Math.max(1, ...read.map(({ length }) => length)));
  const searched = Math.floor((searching * most) / firstTexts);
  const candidates = found.length <= searched ? found : mostTelling(found, searched, rows, output, width);
  await leaveOut(
    options,
    width,
    candidates.flatMap((candidate) => candidate.rows.slice(0, firstTexts).map((row) => ({ candidate, row }))),
  );
  const leaders = leadersOf(candidates, options.leaders ?? 18, width);
  let left = most - firstTexts * candidates.length;
  const more = leaders.flatMap((candidate) => {
    const asked = candidate.rows.slice(firstTexts, Math.min(maxTexts, firstTexts + Math.max(0, left)));
    left -= asked.length;
    return asked.map((row) => ({ candidate, row }));
  });
  await leaveOut(options, width, more);
  return { words: found.length, leaders: leaders.map(effectOf) };
}

function textColumns(frame: Frame): string[] {
  return frame.schema.columns
    .filter(({ role, kind }) => role === "feature" && kind === "text")
    .map(({ name }) => name);
}

/** The words of a column that enough of the rows hold, and the mean length of its texts. */
function readColumn(
  frame: Frame,
  column: string,
  rows: Uint32Array,
  minRows: number,
  width: number,
): { readonly candidates: readonly Candidate[]; readonly length: number } {
  const cells = stringsOf(frame, column);
  const texts = new Map<number, string>();
  let length = 0;
  for (const row of rows) {
    const code = cells.codes[row]!;
    if (code < 0) continue;
    const text = texts.get(code) ?? asSeen(cells.dictionary[code]!);
    texts.set(code, text);
    length += Math.min(longestText, text.length);
  }
  const rowsBy = (unit: TokenUnit): Map<string, number[]> => {
    const wordsOf = new Map(
      [...texts]
        .filter(([, text]) => text.length <= longestText)
        .map(([code, text]) => [code, distinctTokens(text, unit)]),
    );
    const holders = new Map<string, number[]>();
    for (const row of rows) {
      for (const word of wordsOf.get(cells.codes[row]!) ?? []) {
        const own = holders.get(word);
        if (own === undefined) holders.set(word, [row]);
        else own.push(row);
      }
    }
    return holders;
  };
  let unit: TokenUnit = "words";
  let holders = rowsBy(unit);
  if (shareRecurring(holders, minRows) < recurring) holders = rowsBy((unit = "characters"));
  const candidates = [...holders]
    .filter(([, own]) => own.length >= minRows)
    .map(([word, own]) => ({
      column,
      word,
      unit,
      rows: own,
      differences: Array.from({ length: width }, (): number[] => []),
    }));
  return { candidates, length: length / Math.max(1, rows.length) };
}

function stringsOf(frame: Frame, column: string): Extract<Cells, { type: "string" }> {
  const cells = cellsOf(frame, column);
  if (cells.type === "string") return cells;
  throw new MillwrightError(
    "SCHEMA_WRONG_KIND",
    `The words of "${column}" were asked for, and it holds numbers.`,
    "Choose a column of texts.",
  );
}

/** In lower case, each once; white space is none. */
function distinctTokens(text: string, unit: TokenUnit): ReadonlySet<string> {
  const all = firstTokens(text, unit, Infinity).map((token) => token.toLowerCase());
  return new Set(all.filter((token) => token.trim() !== ""));
}

/** Of all words in all rows, signs left aside, the share that enough rows hold; 1 where there is none. */
function shareRecurring(holders: ReadonlyMap<string, readonly number[]>, minRows: number): number {
  let [recurs, all] = [0, 0];
  for (const [word, { length }] of holders) {
    if (!/[\p{L}\p{N}]/u.test(word)) continue;
    all += length;
    if (length >= minRows) recurs += length;
  }
  return all === 0 ? 1 : recurs / all;
}

/** The words whose rows have answers furthest from those of all rows, for their number. */
function mostTelling(
  candidates: readonly Candidate[],
  count: number,
  all: Uint32Array,
  output: Float64Array,
  width: number,
): readonly Candidate[] {
  const meanOf = (rows: ArrayLike<number>, c: number): number => {
    let sum = 0;
    for (let i = 0; i < rows.length; i++) sum += output[rows[i]! * width + c]!;
    return sum / rows.length;
  };
  const classes = Array.from({ length: width }, (_, c) => c);
  const usual = classes.map((c) => meanOf(all, c));
  return candidates
    .map((candidate) => ({
      candidate,
      lead:
        Math.max(...classes.map((c) => Math.abs(meanOf(candidate.rows, c) - usual[c]!))) *
        Math.sqrt(candidate.rows.length),
    }))
    .sort((a, b) => b.lead - a.lead || byName(a.candidate, b.candidate))
    .slice(0, count)
    .map(({ candidate }) => candidate);
}

function byName(a: Candidate, b: Candidate): number {
  const [left, right] = a.column === b.column ? [a.word, b.word] : [a.column, b.column];
  return left < right ? -1 : left > right ? 1 : 0;
}

interface Asked {
  readonly candidate: Candidate;
  readonly row: number;
}

/** Asks for the answers without the words, and notes the differences. */
async function leaveOut(
  { predict, frame, output, signal, learntRows = frame.rowCount }: WordOptions,
  width: number,
  all: readonly Asked[],
): Promise<void> {
  const least = 1 / (learntRows + 2);
  const logOdds = (share: number): number => Math.log(share + least) - Math.log(1 - share + least);
  const scale = width === 1 ? (answer: number): number => answer : logOdds;
  for (let from = 0; from < all.length; from += batch) {
    if (signal?.aborted) {
      throw new MillwrightError(
        "CANCELLED",
        `Leaving words out was stopped after ${from} of ${all.length} texts.`,
        "Start it again for the rest.",
      );
    }
    const asked = all.slice(from, from + batch);
    const without = await predict(textsWithout(frame, asked));
    asked.forEach(({ candidate, row }, i) => {
      candidate.differences.forEach((list, c) => {
        list.push(scale(output[row * width + c]!) - scale(without[i * width + c]!));
      });
    });
  }
}

/** The asked rows, each without its word. */
function textsWithout(frame: Frame, asked: readonly Asked[]): Frame {
  const taken = takeRows(
    frame,
    Uint32Array.from(asked, ({ row }) => row),
  );
  const columns = new Map(taken.columns);
  for (const name of new Set(asked.map(({ candidate }) => candidate.column))) {
    const { codes, dictionary } = stringsOf(taken, name);
    const texts: string[] = [];
    const own = Int32Array.from(codes, (code, i) => {
      if (code < 0) return code;
      const { column, unit, word } = asked[i]!.candidate;
      const text = dictionary[code]!;
      return texts.push(column === name ? withoutToken(asSeen(text), unit, word) : text) - 1;
    });
    columns.set(name, { type: "string", codes: own, dictionary: texts });
  }
  return { ...taken, columns };
}

/** The words that raise and lower the answer of each class most, the first of every list before the second of any. */
function leadersOf(candidates: readonly Candidate[], count: number, width: number): readonly Candidate[] {
  const lists = Array.from({ length: width }, (_, c) => {
    const order = candidates
      .map((candidate) => ({ candidate, mean: meanOf(candidate.differences[c]!) }))
      .sort((a, b) => b.mean - a.mean || byName(a.candidate, b.candidate));
    return [order.filter(({ mean }) => mean > 0), order.filter(({ mean }) => mean < 0).reverse()];
  }).flat();
  const leaders = new Set<Candidate>();
  for (let place = 0; place < count; place++)
    for (const list of lists) if (place < list.length) leaders.add(list[place]!.candidate);
  return [...leaders];
}

function effectOf({ column, word, unit, differences }: Candidate): WordEffect {
  const rows = differences[0]!.length;
  const factor = rows < 2 ? 0 : studentQuantile(0.95, rows - 1) / Math.sqrt(rows);
  return {
    column,
    word,
    unit,
    rows,
    mean: differences.map(meanOf),
    half: differences.map((list) => (rows < 2 ? Infinity : factor * standardDeviation(list))),
  };
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
