/** Broken files, told. */
import type { Finding } from "../finding.ts";
import type { BadFile } from "./media.ts";

/** Broken files as a finding. @param noun - Of a row. */
export function badFindings(
  bad: readonly BadFile[],
  noun: { readonly one: string; readonly many: string },
): Finding[] {
  if (bad.length === 0) return [];
  const shown = bad.slice(0, 5).map(({ file, reason }) => `${file} ${reason}`);
  const more = bad.length > shown.length ? "; …" : "";
  return [
    {
      kind: "skippedFiles",
      column: null,
      evidence: `${bad.length} ${bad.length === 1 ? noun.one : noun.many} cannot be read and ${bad.length === 1 ? "is" : "are"} left out: ${shown.join("; ")}${more}.`,
      effect: "leftOut",
      undo: null,
      numbers: { files: bad.length },
    },
  ];
}
