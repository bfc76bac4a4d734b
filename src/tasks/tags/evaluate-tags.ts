/** A file that tags tokens, scored on CoNLL files: span F1, precision and recall with intervals over sentences, and by kind. */
import { MillwrightError } from "../../core/index.ts";
import { type BadLine, readConll, readingFlags, readingOf } from "../../data/index.ts";
import { type SpanMetric, spanMetrics } from "../../metrics/index.ts";
import type { Model } from "../../model/index.ts";
import { type EvaluateOptions, type Evaluation, inOrder, requireOwnOptions } from "../tabular/evaluate.ts";
import { checkRequirements, requireFittingSpans } from "../tabular/requirements.ts";
import { kindFigures, tagFigures } from "./judge.ts";
import { answerTags } from "./predict-tags.ts";

/** Sentences that are answered at a time. */
const blockRows = 256;
/** Times of single sentences for `p99Ms`. */
const timedRows = 200;

/**
 * @param source - CoNLL files with tags in the BIO scheme.
 * @throws MillwrightError as `readConll`; `PARAMETER_UNKNOWN` for a metric that tags have not, `PARAMETER_CONFLICT` for
 *   flags without a meaning here.
 */
export async function evaluateTags(
  { model, bytes }: { readonly model: Model; readonly bytes: number },
  source: readonly string[],
  options: EvaluateOptions,
): Promise<Evaluation> {
  const { metrics: asked = [], require: required, seed, onProgress } = options;
  requireOwnOptions(model, options);
  requireNoReading(model.name, options);
  const wanted = asked.map(spanMetric);
  requireFittingSpans(required ?? [], model.name);
  const { tokens, tags, bad } = await readAll(source);
  const predicted: string[][] = [];
  for (let at = 0; at < tokens.length; at += blockRows) {
    predicted.push(...(await answerTags(model, tokens.slice(at, at + blockRows))));
    onProgress?.(predicted.length, tokens.length);
  }
  // The tag look-up of the training, which its report calls doing nothing, is not in the file: it holds words.
  const metrics = tagFigures(tags, predicted, undefined, seed);
  const single = (most: number) =>
    tokens.slice(0, most).map((sentence) => () => answerTags(model, [sentence]));
  const file = { bytes, metrics, rowCount: tokens.length, single, timedRows };
  return {
    name: model.name,
    rowCount: tokens.length,
    noun: { one: "sentence", many: "sentences" },
    tokens: tokens.reduce((sum, { length }) => sum + length, 0),
    metrics: inOrder(metrics, wanted),
    kinds: kindFigures(tags, predicted),
    notes: unknownNotes(model, tags),
    ...(required && { requirements: await checkRequirements(required, file) }),
    bad,
  };
}

/** @throws MillwrightError `PARAMETER_CONFLICT`. */
function requireNoReading(name: string, options: EvaluateOptions): void {
  const [refused] = readingFlags(readingOf(options));
  if (refused === undefined) return;
  throw new MillwrightError(
    "PARAMETER_CONFLICT",
    `${name} tags tokens of sentences, for which ${refused} has no meaning.`,
    "Leave it out, and name CoNLL files.",
  );
}

function spanMetric(name: string): SpanMetric {
  const found = Object.values(spanMetrics).find((known) => known.name.toLowerCase() === name.toLowerCase());
  if (found !== undefined) return found;
  throw new MillwrightError(
    "PARAMETER_UNKNOWN",
    `There is no metric "${name}" of tagged sentences.`,
    `Choose from ${Object.keys(spanMetrics).join(", ")}.`,
  );
}

async function readAll(source: readonly string[]) {
  const tokens: (readonly string[])[] = [];
  const tags: (readonly string[])[] = [];
  const bad: (BadLine & { readonly file: string })[] = [];
  for (const file of source) {
    const read = await readConll(file);
    tokens.push(...read.tokens);
    tags.push(...read.tags);
    bad.push(...read.bad.map((line) => ({ file, ...line })));
  }
  return { tokens, tags, bad };
}

/** Spans that the file cannot answer count as missed, as in the figures of a training. */
function unknownNotes({ name, metadata }: Model, tags: readonly (readonly string[])[]): string[] {
  const kindOf = (tag: string): string => tag.slice(2);
  const known = new Set(metadata.classes!.map(kindOf));
  const unknown = kindFigures(tags, tags).filter(({ kind }) => !known.has(kind));
  if (unknown.length === 0) return [];
  const told = unknown.slice(0, 10).map(({ kind, spans }) => `${kind} (${spans})`);
  const total = unknown.reduce((sum, { spans }) => sum + spans, 0);
  return [
    `${total} ${total === 1 ? "span is" : "spans are"} of kinds that ${name} does not know and count as missed: ${told.join(", ")}${unknown.length > told.length ? ", …" : ""}`,
  ];
}
