/** Findings as a report tells them. */
import type { Finding } from "../data/index.ts";
import type { ReportData } from "../report/index.ts";

type ReportFinding = ReportData["findings"][number];

/** What a finding led to; a hint leads to nothing. */
const actions = { leftOut: "left out", readAs: "read in its own way", hint: undefined } as const;

export function reportFindings(findings: readonly Finding[]): ReportFinding[] {
  return findings.map(({ kind, column, evidence, effect, undo }) => {
    const action = actions[effect];
    return {
      kind,
      ...(column !== null && { column }),
      evidence,
      ...(action !== undefined && { action }),
      ...(undo !== null && { undo }),
    };
  });
}
