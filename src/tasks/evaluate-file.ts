/** `evaluate`: a model file of any origin and kind, scored on what it answers. */
import { MillwrightError } from "../core/index.ts";
import { evaluateMedia } from "./media/evaluate-media.ts";
import { mediaColumn } from "./media/predict-media.ts";
import { evaluateLabels } from "./multilabel/evaluate-labels.ts";
import { evaluateSequences } from "./sequence/evaluate-sequences.ts";
import { sequenceColumn } from "./sequence/file-sequences.ts";
import { closeContender, type Contender, openContender } from "./tabular/contender/contender.ts";
import {
  type EvaluateOptions,
  type Evaluation,
  evaluateRows,
  requireOwnOptions,
} from "./tabular/evaluate.ts";
import { evaluateTags } from "./tags/evaluate-tags.ts";

/**
 * @param path - A model file, of ours or of another tool.
 * @param source - What it answers, with known answers: tables; folders of class folders, or a table that names files;
 *   CoNLL files; rows of groups or series.
 * @throws MillwrightError `TARGET_MISSING`, `SCHEMA_*`, `MODEL_*`, `PARAMETER_UNKNOWN` for a metric that does not
 *   exist, `PARAMETER_CONFLICT` for options that the file settles itself or has no use for.
 */
export async function evaluateFile(
  path: string,
  source: readonly string[],
  options: EvaluateOptions,
): Promise<Evaluation> {
  const contender = await openContender(path, "score");
  try {
    if (contender.kind === "ours") {
      if (mediaColumn(contender.model) !== undefined) return await evaluateMedia(contender, source, options);
    }
    requireNoMedia(contender, options);
    if (contender.kind === "ours") {
      const { kind } = contender.model.metadata.task;
      if (sequenceColumn(contender.model) !== undefined)
        return await evaluateSequences(contender, source, options);
      if (kind === "tags") return await evaluateTags(contender, source, options);
      if (kind === "multilabel") return await severalLabels(contender, source, options);
    }
    return await evaluateRows(contender, source, options);
  } finally {
    await closeContender(contender);
  }
}

/** @throws MillwrightError `PARAMETER_CONFLICT`. */
function requireNoMedia({ name }: Contender, options: EvaluateOptions): void {
  const given = (["image", "audio", "group"] as const).find((flag) => options[flag] !== undefined);
  if (given === undefined) return;
  throw new MillwrightError(
    "PARAMETER_CONFLICT",
    `--${given} is for a file of ours that answers pictures or sounds, and ${name} is none.`,
    "Leave it out.",
  );
}

/** A file whose rows bear any number of labels has metrics of its own. */
async function severalLabels(
  contender: Extract<Contender, { kind: "ours" }>,
  source: readonly string[],
  options: EvaluateOptions,
): Promise<Evaluation> {
  const { model, bytes } = contender;
  requireOwnOptions(model, options);
  const { unknown, findings, ...judged } = await evaluateLabels(model, source, { ...options, bytes });
  const notes = findings.map(({ evidence }) => evidence);
  if (unknown.length > 0)
    notes.push(
      `${unknown.length} labels of the rows are none of the file's, and no figure counts them: ${unknown.slice(0, 10).join(", ")}`,
    );
  return { ...judged, notes };
}
