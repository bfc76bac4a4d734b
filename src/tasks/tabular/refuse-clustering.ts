/**
 * Files that a command cannot take. A clustering has no target: nothing says what is right, and `train` cannot make it
 * again. Pictures, sequences and sentences are no columns of a table.
 */
import { MillwrightError } from "../../core/index.ts";
import type { ModelMetadata } from "../../model/index.ts";

/**
 * @param name - The file's name.
 * @throws MillwrightError `PARAMETER_CONFLICT` for the file of a clustering, of pictures, of sequences or of tags, and of several labels but to score it.
 */
export function refuseClustering(
  name: string,
  { task, schema }: Pick<ModelMetadata, "task" | "schema">,
  wish: "score" | "fit anew" | "eject",
): void {
  if (schema.columns.some(({ kind }) => kind === "image")) {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `${name} answers pictures, and only a file that reads a table can be ${{ score: "scored here", eject: "ejected", "fit anew": "fitted anew" }[wish]}.`,
      wish === "score"
        ? "Its figures on untouched pictures are in run.json; `millwright predict` answers a folder."
        : "Run the command under `reproduce` in its run.json.",
    );
  }
  if (schema.columns.some(({ kind }) => kind === "sequence")) {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `${name} answers sequences, and only a file that reads a table row by row can be ${{ score: "scored here", eject: "ejected", "fit anew": "fitted anew" }[wish]}.`,
      wish === "score"
        ? "Its figures on untouched sequences are in run.json; `millwright predict` answers a table of them."
        : "Run the command under `reproduce` in its run.json.",
    );
  }
  if (task.kind === "tags") {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `${name} tags tokens of sentences, and only a file that reads a table can be ${{ score: "scored here", eject: "ejected", "fit anew": "fitted anew" }[wish]}.`,
      wish === "score"
        ? "Its figures on untouched sentences are in run.json; `millwright predict` tags a file."
        : "Run the command under `reproduce` in its run.json.",
    );
  }
  if (task.kind === "multilabel" && wish !== "score") {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `${name} answers several labels a row, and only a file of one answer a row can be ${wish === "eject" ? "ejected" : "fitted anew"}.`,
      "Run `millwright train --task multilabel` with the options that `millwright inspect --json` shows in its recipe.",
    );
  }
  if (task.kind !== "clustering") return;
  throw new MillwrightError(
    "PARAMETER_CONFLICT",
    wish === "score"
      ? `${name} is a clustering: no column says what is right, so that there is nothing to score.`
      : `${name} is a clustering, and only a file of \`millwright train\` can be ${wish === "eject" ? "ejected" : "fitted anew"}.`,
    wish === "score"
      ? "Look at its report, or answer rows with `millwright predict`."
      : "Run `millwright cluster` with the options that `millwright inspect --json` shows in its recipe.",
  );
}
