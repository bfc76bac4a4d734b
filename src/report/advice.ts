/**
 * Whether more rows, cleaner labels or another model would help, with the evidence.
 *
 * More rows: the last doubling of the learning curve gained more than the interval's
 * half width. Cleaner labels: models that did not see a row contradict its label
 * even where they are surest (Northcutt et al. 2021, JAIR 70).
 * Another model: few families are near the best, so the choice still matters. Where
 * none holds, what is left is other columns.
 */
import { halfWidth, noun } from "./facts.ts";
import { count, decimalsFor, fixed, list, percent, sentenceCase } from "./format.ts";
import type { BoardEntry, LearningPoint, ReportData } from "./report-data.ts";
import { name, names, type Sentence, say, strong } from "./text.ts";

/** What the learning curve says of its last doubling. */
export interface LastDoubling {
  readonly from: LearningPoint;
  readonly to: LearningPoint;
  /** Improvement in the primary metric; positive is better. */
  readonly gain: number;
  readonly noise: number;
  readonly rising: boolean;
}

/** The step from about half of the rows to all of them; undefined without two points that far apart. */
export function lastDoubling(data: ReportData): LastDoubling | undefined {
  const points = data.learningCurve ?? [];
  const to = points.at(-1);
  const from = to && points.findLast((point) => point.rows <= to.rows / 1.6);
  if (to === undefined || from === undefined) return undefined;
  const sign = data.metric.higherIsBetter ? 1 : -1;
  const gain = sign * (to.score.value - from.score.value);
  const noise = halfWidth(to.score) ?? 0;
  return { from, to, gain, noise, rising: gain > noise };
}

/** One sentence of verdict, then one of evidence for each of the three where there is any. */
export function advice(data: ReportData): { verdict: Sentence; evidence: Sentence[] } | undefined {
  const doubling = lastDoubling(data);
  const families = familySpread(data);
  const noise = data.labelNoise;
  if (doubling === undefined && families === undefined && noise === undefined) return undefined;

  const helps: string[] = [];
  if (doubling?.rising) helps.push(`more ${noun(data).many}`);
  if (noise?.clear) helps.push("cleaner labels");
  if (families !== undefined && families.near.length === 1 && families.others.length > 0) {
    helps.push(`more tuning of one family`);
  }
  const measured = [
    ...(doubling === undefined ? [] : [`more ${noun(data).many}`]),
    ...(noise === undefined ? [] : ["cleaner labels"]),
    ...(families === undefined ? [] : ["another model"]),
  ];
  const verdict =
    helps.length > 0
      ? say`${strong(`${sentenceCase(list(helps))} would likely help`)}.`
      : say`${strong(`${sentenceCase(list(measured, "or"))} would likely help little`)}: what is left is columns that know more about ${name(data.target.column)}.`;
  const evidence = [
    doubling && rowsEvidence(data, doubling),
    noise &&
      say`In ${count(noise.rows)} training ${noun(data).many} (${percent(noise.share)}) models that had not seen the ${noun(data).one} contradict its label with confidence.`,
    families && familyEvidence(data, families),
  ];
  return { verdict, evidence: evidence.filter((sentence) => sentence !== undefined) };
}

function rowsEvidence(data: ReportData, { from, to, gain, noise, rising }: LastDoubling): Sentence {
  const decimals = Math.max(
    decimalsFor([from.score.value, to.score.value]),
    Math.min(6, decimalsFor([gain], 1)),
  );
  const moved = `from ${fixed(from.score.value, decimals)} to ${fixed(to.score.value, decimals)}`;
  const against =
    noise > 0 ? `, ${rising ? "more" : "not more"} than its uncertainty (±${fixed(noise, decimals)})` : "";
  return say`Going from ${count(from.rows)} to ${count(to.rows)} training ${noun(data).many} moved ${data.metric.label} ${moved}${against}.`;
}

interface FamilySpread {
  /** Families whose best entry's interval reaches the best score, the best one included. */
  readonly near: BoardEntry[];
  readonly others: BoardEntry[];
}

function familySpread(data: ReportData): FamilySpread | undefined {
  const bestOfFamily = new Map<string, BoardEntry>();
  for (const entry of data.leaderboard) {
    if (entry.role === "baseline" || entry.family === "baseline" || entry.family === "ensemble") continue;
    if (!bestOfFamily.has(entry.family)) bestOfFamily.set(entry.family, entry);
  }
  const [best, ...rest] = bestOfFamily.values();
  if (best === undefined || rest.length === 0 || best.score.low === undefined) return undefined;
  const reaches = (entry: BoardEntry): boolean =>
    data.metric.higherIsBetter
      ? (entry.score.high ?? entry.score.value) >= best.score.value
      : (entry.score.low ?? entry.score.value) <= best.score.value;
  return { near: [best, ...rest.filter(reaches)], others: rest.filter((entry) => !reaches(entry)) };
}

function familyEvidence(data: ReportData, { near, others }: FamilySpread): Sentence {
  const best = near[0]!;
  if (near.length === 1) {
    const next = others[0]!;
    const decimals = decimalsFor([best.score.value, next.score.value]);
    return say`${name(best.family)} is ahead of every other family (next: ${name(next.family)}, ${data.metric.label} ${fixed(next.score.value, decimals)} against ${fixed(best.score.value, decimals)}).`;
  }
  const shown = near.slice(0, 5).map((entry) => entry.family);
  const total = near.length + others.length;
  return say`${count(near.length)} of ${count(total)} families are within the noise of the best (${names(shown)}${near.length > 5 ? " and others" : ""}), so the kind of model is not what limits the score.`;
}
