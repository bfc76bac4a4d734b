/**
 * Files that a command cannot take. A clustering has no target: nothing says what is right, and `train` cannot make it
 * again. Pictures, sounds, sequences and sentences are no columns of a table.
 */
import { MillwrightError } from "../../core/index.ts";
import type { ModelMetadata } from "../../model/index.ts";

type Wish = "score" | "compare" | "fit anew" | "eject";

const done: Readonly<Record<Wish, string>> = {
  score: "scored here",
  compare: "held against one of a table",
  "fit anew": "fitted anew",
  eject: "ejected",
};

/**
 * @param name - The file's name.
 * @throws MillwrightError `PARAMETER_CONFLICT` for the file of a clustering; of pictures, sounds, sequences and tags, but
 *   to score it; of several labels, to eject it.
 */
export function refuseClustering(
  name: string,
  { task, schema }: Pick<ModelMetadata, "task" | "schema">,
  wish: Wish,
): void {
  const holds = (kind: string): boolean => schema.columns.some((column) => column.kind === kind);
  const other = holds("image")
    ? "answers pictures"
    : holds("audio")
      ? "answers sounds"
      : holds("sequence")
        ? "answers sequences"
        : task.kind === "tags"
          ? "tags tokens of sentences"
          : undefined;
  if (other !== undefined && wish !== "score") {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `${name} ${other}, and only a file that reads a table row by row can be ${done[wish]}.`,
      wish === "compare"
        ? "Score each with `millwright evaluate`."
        : "Run the command under `reproduce` in its run.json.",
    );
  }
  if (task.kind === "multilabel" && wish === "eject") {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `${name} answers several labels a row, and only a file of one answer a row can be ${done[wish]}.`,
      "Run `millwright train --task multilabel` with the options that `millwright inspect --json` shows in its recipe.",
    );
  }
  if (task.kind !== "clustering") return;
  const scored = wish === "score" || wish === "compare";
  throw new MillwrightError(
    "PARAMETER_CONFLICT",
    scored
      ? `${name} is a clustering: no column says what is right, so that there is nothing to score.`
      : `${name} is a clustering, and only a file of \`millwright train\` can be ${done[wish]}.`,
    scored
      ? "Look at its report, or answer rows with `millwright predict`."
      : "Run `millwright cluster` with the options that `millwright inspect --json` shows in its recipe.",
  );
}
