/**
 * The default plan of features for a style of family.
 *
 * Trees split raw numbers and native categories, and learn the direction of a
 * missing value themselves. Linear models and networks want filled, scaled numbers
 * and 0/1 columns; distances the same, with the outermost hundredths moved in, since
 * a single far row would be a cluster of its own, and without a feature that says what was missing. Naive Bayes counts
 * categories, takes numbers by their normal scores, since it sees each by a normal density, and leaves missing ones out.
 * Families that read sparse rows take all words, pairs and runs of characters that enough rows hold; those that count
 * want nothing below 0. Only columns with the role feature are read, and never
 * a column of kind id.
 */
import type { Cells, ColumnSchema, Frame, Schema } from "../schema/index.ts";
import { countCategories } from "./categories.ts";
import { characterTfidfEncoder } from "./encoders/character-tfidf.ts";
import { datePartsEncoder } from "./encoders/date-parts.ts";
import { hashingEncoder } from "./encoders/hashing.ts";
import { numbersEncoder } from "./encoders/numbers.ts";
import { oneHotEncoder } from "./encoders/one-hot.ts";
import { ordinalEncoder } from "./encoders/ordinal.ts";
import { targetEncoder } from "./encoders/target-encode.ts";
import { tfidfEncoder } from "./encoders/tfidf.ts";
import { tokensEncoder } from "./encoders/tokens.ts";
import { type Chain, chainOf, type Encoder, type Transform } from "./step.ts";
import { clipOutliers } from "./transforms/clip-outliers.ts";
import { impute } from "./transforms/impute.ts";
import { interactions } from "./transforms/interactions.ts";
import { bends, powerTransform } from "./transforms/power-transform.ts";
import { quantileTransform } from "./transforms/quantile-transform.ts";
import { scale } from "./transforms/scale.ts";
import { truncatedSvdTransform } from "./transforms/truncated-svd.ts";

/**
 * `naive` is for families that model each feature by itself; `sparse` for linear ones that read sparse rows, with all
 * that texts hold; `counts` for the same with numbers of at least 0; `tokens` for networks that read texts as codes of
 * their words and characters.
 */
export type PlanStyle = "trees" | "linear" | "naive" | "distance" | "sparse" | "counts" | "tokens";

export interface DefaultChainsOptions {
  /** Training rows: how many categories a column has decides how it is encoded. */
  readonly frame: Frame;
  /** Whether the fit will have a target; without one, columns of many categories are hashed. */
  readonly target: boolean;
  /**
   * A power of each number beside it, for families that add features up: the one that makes it most like a normal
   * number, or its square where that power is nearly the number itself. Only where there are ten rows a number, and of
   * numbers with three values or more.
   */
  readonly powers?: boolean;
  /** Steps of a user's own, whose features stand beside the others and end as the style's numbers do. */
  readonly own?: readonly { readonly columns: readonly string[]; readonly step: Encoder | Transform }[];
}

/** Fewest rows for each power. */
const rowsOfPower = 10;
/**
 * How far a number goes on beside its power, and the power too. Within the rows of the fit the slopes of the two hold
 * each other in balance; beyond them they do not, and one far row would be answered anything (abalone: 54 rings off).
 */
const beside = clipOutliers({ method: "deviation", factor: 10 });
const powered = [powerTransform(), impute(), beside];
const squares = interactions({ products: false, powers: 2, keep: false });
const squared = [impute(), beside, scale(), squares, scale(), beside];
/** Columns of more categories are encoded by their mean target where 0/1 columns would be too many. */
const manyCategories = 50;
/** Directions that texts are compared in. */
const textTopics = 20;
/** Words and characters of a text that networks read; the rest is cut off. */
const mostWords = 128;
const mostCharacters = 256;
/** Numbers of all text columns together, rows × terms: 200 MB of float32. */
const textCells = 5e7;

/** The default chains of a table's feature columns; empty when there is none. */
export function defaultChains(schema: Schema, style: PlanStyle, options: DefaultChainsOptions): Chain[] {
  const columns = schema.columns.filter((column) => column.role === "feature" && column.kind !== "id");
  const named = (...kinds: readonly ColumnSchema["kind"][]): string[] =>
    columns.filter((column) => kinds.includes(column.kind)).map((column) => column.name);
  // So wide a clip leaves real numbers alone: it keeps ±Infinity from becoming NaN in a sum.
  const filled = impute({ indicator: "seen" });
  const bounded = [filled, clipOutliers({ method: "deviation", factor: 1000 })];
  const finish: readonly Transform[] = {
    trees: [],
    naive: [quantileTransform({ distribution: "normal" })],
    linear: [...bounded, scale()],
    distance: [impute(), clipOutliers({ lower: 0.01, upper: 0.99 }), scale()],
    sparse: [...bounded, scale()],
    tokens: [...bounded, scale()],
    // Ranks: of numbers that may be below 0, or missing.
    counts: [impute({ indicator: "seen" }), quantileTransform()],
  }[style];
  const chains: Chain[] = [];
  const add = (names: readonly string[], encoder: Encoder, transforms: readonly Transform[] = []): void => {
    if (names.length > 0) chains.push(chainOf(names, encoder, transforms));
  };
  const numbers = named("number");
  const cellsOf = (name: string): Cells | undefined => options.frame.columns.get(name);
  let bent = options.powers ? numbers.filter((name) => hasThreeValues(cellsOf(name))) : [];
  if (rowsOfPower * bent.length > options.frame.rowCount) bent = [];
  const unlike = new Set(bent.filter((name) => isUnlikePower(cellsOf(name))));
  add(
    numbers.filter((name) => !bent.includes(name)),
    numbersEncoder,
    finish,
  );
  add(bent, numbersEncoder, [filled, beside, scale()]);
  add(
    bent.filter((name) => unlike.has(name)),
    numbersEncoder,
    powered,
  );
  add(
    bent.filter((name) => !unlike.has(name)),
    numbersEncoder,
    squared,
  );
  const categories = named("category", "boolean");
  if (style === "trees") add(categories, ordinalEncoder());
  else {
    const many = new Set(
      categories.filter((name) => distinct(options.frame.columns.get(name)) > manyCategories),
    );
    add(
      categories.filter((name) => !many.has(name)),
      style === "naive" ? ordinalEncoder() : oneHotEncoder({ maxCategories: manyCategories, drop: "binary" }),
    );
    if (options.target) add([...many], targetEncoder(), finish.slice(-1));
    else add([...many], hashingEncoder({ buckets: manyCategories }));
  }
  const cycles = style === "trees" ? "number" : "oneHot";
  add(named("datetime"), datePartsEncoder({ cycles }), finish);
  const texts = named("text");
  if (style === "sparse" || style === "counts") {
    // Two for each row, as far as that goes: fewer would mix what rare words tell.
    const buckets = 2 ** Math.max(6, Math.min(14, Math.ceil(Math.log2(options.frame.rowCount)) + 1));
    add(texts, tfidfEncoder({ maxTerms: 100_000, buckets, sublinear: true }));
    add(texts, characterTfidfEncoder({ maxTerms: 50_000 }));
  } else if (style === "tokens") {
    add(texts, tokensEncoder({ length: mostWords, buckets: 2048 }));
    add(texts, tokensEncoder({ unit: "characters", length: mostCharacters, buckets: 64 }));
  } else {
    // Distances in hundreds of words say little: what they say together in some directions says more.
    const topics = style === "distance" ? [truncatedSvdTransform({ components: textTopics })] : [];
    add(texts, tfidfEncoder(textSize(style, texts.length, options.frame.rowCount)), topics);
  }
  for (const { columns: read, step } of options.own ?? []) {
    chains.push(
      "accepts" in step
        ? chainOf(read, step, finish, true)
        : chainOf(read, numbersEncoder, [step, ...finish], true),
    );
  }
  return chains;
}

function hasThreeValues(cells: Cells | undefined): boolean {
  const seen = new Set<number>();
  for (const value of cells?.type === "number" ? cells.values : []) {
    if (Number.isFinite(value)) seen.add(value);
    if (seen.size === 3) return true;
  }
  return false;
}

function isUnlikePower(cells: Cells | undefined): boolean {
  return cells?.type === "number" && bends(cells.values);
}

function distinct(cells: Cells | undefined): number {
  return cells?.type === "string" ? countCategories(cells).values.length : 0;
}

/**
 * Fewer terms for long tables. Trees take as many as others do, which they read sparse: on news (fold 0 of AG News,
 * quick boosting) 1,000 are right on 0.807 of the texts, where 200 were on 0.672, in less time.
 */
function textSize(
  style: PlanStyle,
  columnCount: number,
  rowCount: number,
): { maxTerms: number; buckets: number; sublinear: boolean } {
  const room = Math.floor(textCells / Math.max(1, rowCount) / Math.max(1, columnCount));
  return {
    maxTerms: Math.max(20, Math.min(1000, room)),
    buckets: style === "trees" ? 16 : 32,
    sublinear: true,
  };
}
