/**
 * Whether more rows, cleaner labels or another model would help, each with its evidence.
 *
 * Gains are measured against what the model already gained over doing nothing, so
 * that the thresholds mean the same for every metric: a step below 1 % of that is
 * nothing, one of 2 % or more is worth having.
 */
import type { Metric } from "../metrics/index.ts";
import { number } from "./against-nothing.ts";
import type { LabelNoise } from "./label-noise.ts";
import type { LearningTrend } from "./learning-curve.ts";

/** One family or configuration on the board, scored on the same validation rows. */
export interface BoardEntry {
  readonly family: string;
  readonly score: number;
  /** Standard error of its difference to the best entry, by paired comparison; 0 for the best itself. */
  readonly standardError: number;
}

export interface VerdictInput {
  readonly metric: Pick<Metric, "greaterIsBetter" | "title">;
  /** Score of the chosen model. */
  readonly score: number;
  /** Score of the constant baseline on the same rows. */
  readonly baseline: number;
  readonly learning?: LearningTrend | undefined;
  readonly labels?: Pick<LabelNoise, "error" | "surest"> | undefined;
  /** Best entry of each family; the constant baseline does not belong here. */
  readonly board?: readonly BoardEntry[] | undefined;
}

export interface Advice {
  /** `unsure` where the evidence leaves both open, `unknown` where there is none. */
  readonly helps: "yes" | "no" | "unsure" | "unknown";
  /** Half a sentence with the numbers. */
  readonly because: string;
  readonly numbers: Readonly<Record<string, number>>;
}

export interface Verdict {
  readonly rows: Advice;
  readonly labels: Advice;
  readonly model: Advice;
  /** One sentence for the report. */
  readonly sentence: string;
}

const SMALL = 0.01;
const WORTH = 0.02;
const FAR_AHEAD = 0.1;
/** Shares of labels that contradict the model where it is surest. */
const LABELS_CLEAN = 0.01;
const LABELS_DIRTY = 0.03;
/** Below this confidence the model is never sure, and wrong labels cannot be told from chance. */
const SURE = 0.75;

/** Reads the evidence. What was not measured is `unknown`, never guessed. */
export function verdict(input: VerdictInput): Verdict {
  const sign = input.metric.greaterIsBetter ? 1 : -1;
  const gained = sign * (input.score - input.baseline);
  const rows = rowsAdvice(input.learning, gained, input.metric.title);
  const labels = labelsAdvice(input.labels);
  const model = modelAdvice(input.board, gained, sign, input.metric.title);
  return { rows, labels, model, sentence: sentenceOf({ rows, labels, model }) };
}

function rowsAdvice(trend: LearningTrend | undefined, gained: number, title: string): Advice {
  if (trend === undefined) return unknown("the learning curve has fewer than three sizes");
  const { gainPerDoubling, low, high } = trend;
  const numbers = { gainPerDoubling, low, high, gainedOverNothing: gained };
  const step = `each doubling of the rows lately brought ${number(gainPerDoubling)} ${title} (95 % interval ${number(low)} to ${number(high)})`;
  if (gained <= 0) {
    return low > 0 ? { helps: "yes", because: step, numbers } : { helps: "unsure", because: step, numbers };
  }
  const share = gainPerDoubling / gained;
  if (low > 0 && share >= WORTH) return { helps: "yes", because: step, numbers };
  if (high < WORTH * gained) return { helps: "no", because: step, numbers };
  return { helps: "unsure", because: step, numbers };
}

/** Wrong labels show where the model is surest; mistakes that come only where it is unsure are hard rows. */
function labelsAdvice(noise: VerdictInput["labels"]): Advice {
  if (noise === undefined) return unknown("label errors are estimated for classes only");
  const { error, surest } = noise;
  const { confidence, contradicted } = surest;
  const numbers = { contradicted, confidence, error };
  const because = `where the model is surest, ${(100 * contradicted).toFixed(1)} % of the labels contradict it, against ${(100 * error).toFixed(1)} % of all`;
  if (contradicted < LABELS_CLEAN || contradicted < error / 4) return { helps: "no", because, numbers };
  const dirty = contradicted >= LABELS_DIRTY && contradicted >= error / 2 && confidence >= SURE;
  return { helps: dirty ? "yes" : "unsure", because, numbers };
}

/** Different kinds of model that agree have found what there is to find; one far ahead says that the kind matters. */
function modelAdvice(
  board: readonly BoardEntry[] | undefined,
  gained: number,
  sign: number,
  title: string,
): Advice {
  if (board === undefined || board.length < 2) return unknown("fewer than two families were tried");
  const sorted = board.toSorted((a, b) => sign * (b.score - a.score));
  const [best, second] = [sorted[0]!, sorted[1]!];
  const lead = sign * (best.score - second.score);
  const { standardError } = second;
  const numbers = { lead, standardError, families: board.length, gainedOverNothing: gained };
  if (gained <= 0) {
    const because = `none of ${board.length} families beats the constant baseline: the columns say little about the target`;
    return { helps: "unsure", because, numbers };
  }
  const because = `the best family (${best.family}) leads the next (${second.family}) by ${number(lead)} ${title}, with a standard error of ${number(standardError)}`;
  if (lead <= 2 * standardError || lead < SMALL * gained) return { helps: "no", because, numbers };
  return { helps: lead >= FAR_AHEAD * gained ? "yes" : "unsure", because, numbers };
}

function unknown(because: string): Advice {
  return { helps: "unknown", because, numbers: {} };
}

const subjects = {
  rows: "more rows",
  labels: "cleaner labels",
  model: "another kind of model or more tuning",
};

function sentenceOf(advice: Omit<Verdict, "sentence">): string {
  const named = (helps: Advice["helps"]): string[] =>
    (["rows", "labels", "model"] as const)
      .filter((what) => advice[what].helps === helps)
      .map((what) => `${subjects[what]} (${advice[what].because})`);
  const parts = [
    ["Most likely to help: ", named("yes")],
    ["Might help: ", named("unsure")],
    ["Unlikely to help: ", named("no")],
    ["Not measured: ", named("unknown")],
  ] as const;
  return `${parts
    .filter(([, list]) => list.length > 0)
    .map(
      ([lead, list], i) => `${i === 0 ? lead : lead[0]!.toLowerCase() + lead.slice(1)}${list.join(" and ")}`,
    )
    .join("; ")}.`;
}
