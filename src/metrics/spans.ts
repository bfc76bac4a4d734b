/**
 * Spans in sequences of BIO tags, and how well predicted spans are those of the truth: both ends and the kind must be
 * right.
 *
 * A span of a kind begins at its B- tag and goes on over I- tags of that kind. Where a sequence breaks that rule it is
 * read as conlleval reads it (the script of the CoNLL-2000 shared task): an I- tag after O, at the start or after
 * another kind begins a span. Precision, recall and F1 are 0 where they have nothing to count.
 */
import { MillwrightError } from "../core/index.ts";

/** Tokens from `start` up to, but not including, `end`. */
export interface Span {
  readonly kind: string;
  readonly start: number;
  readonly end: number;
}

/** Spans of some sentences, counted. */
export interface SpanCounts {
  /** Predicted with the right ends and kind. */
  readonly right: number;
  readonly predicted: number;
  readonly actual: number;
}

export interface SpanScores extends SpanCounts {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

/** A figure of spans that models are held against. */
export interface SpanMetric {
  /** As on the command line: `spanF1`. */
  readonly name: string;
  readonly title: string;
  readonly figure: "f1" | "precision" | "recall";
}

const metrics: readonly SpanMetric[] = [
  { name: "spanF1", title: "span F1", figure: "f1" },
  { name: "spanPrecision", title: "span precision", figure: "precision" },
  { name: "spanRecall", title: "span recall", figure: "recall" },
];

/** All of them by name, the one that models are chosen by first; the greater, the better. */
export const spanMetrics: Readonly<Record<string, SpanMetric>> = Object.fromEntries(
  metrics.map((entry) => [entry.name, entry]),
);

/** Whether a tag is one of BIO: O, or B- or I- with a kind. */
export function isBioTag(tag: string): boolean {
  return tag === "O" || /^[BI]-./s.test(tag);
}

/**
 * The spans of a sentence.
 *
 * @param tags - One a token.
 * @throws MillwrightError `DATA_BAD_VALUE` for a tag that is not one of BIO.
 */
export function spansOf(tags: readonly string[]): Span[] {
  const spans: Span[] = [];
  let kind: string | undefined;
  let start = 0;
  const close = (end: number): void => {
    if (kind !== undefined) spans.push({ kind, start, end });
    kind = undefined;
  };
  tags.forEach((tag, i) => {
    if (!isBioTag(tag)) {
      throw new MillwrightError(
        "DATA_BAD_VALUE",
        `The tag ${JSON.stringify(tag.slice(0, 60))} of token ${i + 1} is not one of BIO.`,
        "Give O, or B- or I- with a kind: B-person.",
      );
    }
    const own = tag === "O" ? undefined : tag.slice(2);
    if (tag[0] === "I" && own === kind) return;
    close(i);
    kind = own;
    start = i;
  });
  close(tags.length);
  return spans;
}

/**
 * Counts a sentence's predicted spans against its own.
 *
 * @throws MillwrightError `SHAPE_MISMATCH` unless both have one tag a token, and as `spansOf`.
 */
export function spanCounts(
  actual: readonly string[],
  predicted: readonly string[],
  kind?: string,
): SpanCounts {
  if (actual.length !== predicted.length) {
    throw new MillwrightError(
      "SHAPE_MISMATCH",
      `A sentence has ${actual.length} tags and ${predicted.length} predicted ones.`,
      "Give one tag a token on both sides.",
    );
  }
  const wanted = (span: Span): boolean => kind === undefined || span.kind === kind;
  const keyOf = (span: Span): string => `${span.start} ${span.end} ${span.kind}`;
  const truth = new Set(spansOf(actual).filter(wanted).map(keyOf));
  const said = spansOf(predicted).filter(wanted).map(keyOf);
  return {
    right: said.filter((key) => truth.has(key)).length,
    predicted: said.length,
    actual: truth.size,
  };
}

/** Scores of counts that are added up. */
export function spanScoresOf(counts: readonly SpanCounts[]): SpanScores {
  const sum = (of: (each: SpanCounts) => number): number =>
    counts.reduce((total, each) => total + of(each), 0);
  const [right, predicted, actual] = [
    sum((each) => each.right),
    sum((each) => each.predicted),
    sum((each) => each.actual),
  ];
  return {
    right,
    predicted,
    actual,
    precision: predicted === 0 ? 0 : right / predicted,
    recall: actual === 0 ? 0 : right / actual,
    f1: predicted + actual === 0 ? 0 : (2 * right) / (predicted + actual),
  };
}

/**
 * Precision, recall and F1 of spans over all sentences (micro average).
 *
 * @param actual - Tags of each sentence.
 * @param predicted - The same sentences' predicted tags.
 * @param kind - Counts the spans of this kind alone.
 * @throws MillwrightError `SHAPE_MISMATCH`, `DATA_BAD_VALUE`.
 */
export function spanScores(
  actual: readonly (readonly string[])[],
  predicted: readonly (readonly string[])[],
  kind?: string,
): SpanScores {
  if (actual.length !== predicted.length) {
    throw new MillwrightError(
      "SHAPE_MISMATCH",
      `spanScores has ${actual.length} sentences and predictions for ${predicted.length}.`,
      "Give the predictions of the same sentences.",
    );
  }
  return spanScoresOf(actual.map((tags, i) => spanCounts(tags, predicted[i]!, kind)));
}
