/**
 * Numbers that may stand for "missing" without saying so: zeros far below all other values, and a 999 far
 * above them. Only hints: a zero can be real, and then it must not be lost.
 */
import { type Finding, shellWord } from "../finding.ts";

const highCodes = [99, 999, 9999, 99999, 999999, 9999999];

/** @param sorted - Present values of a number column, ascending. */
export function hiddenMissing(name: string, sorted: Float64Array): Finding | undefined {
  const n = sorted.length;
  if (n < 50) return undefined;
  const hint = (code: number, count: number, evidence: string): Finding => ({
    kind: "missingCode",
    column: name,
    evidence,
    effect: "hint",
    undo: `--column ${shellWord(`${name}=number,missing=${code}`)}`,
    numbers: { code, count },
  });
  const low = sorted[0]!;
  if (low === 0) {
    const zeros = countEqual(sorted, 0);
    const rest = sorted.subarray(zeros);
    if (zeros >= 2 && zeros <= 0.6 * n && rest.length >= 20) {
      const next = rest[0]!;
      const middle = rest[rest.length >> 1]!;
      // The usual step between neighbouring values, so that a count that starts at 1 is no gap.
      const step = smallSteps(rest);
      if (next >= 0.1 * middle && next > 5 * step && rest[rest.length - 1]! > next) {
        return hint(
          0,
          zeros,
          `${zeros} cells are 0, and no other value is below ${Number(next.toPrecision(2))}: they may mean missing.`,
        );
      }
    }
  }
  const high = sorted[n - 1]!;
  if (highCodes.includes(high)) {
    let start = n;
    while (start > 0 && sorted[start - 1] === high) start--;
    const count = n - start;
    const below = start === 0 ? high : sorted[start - 1]!;
    if (count >= 2 && count < 0.9 * n && below < 0.6 * high) {
      return hint(
        high,
        count,
        `${count} cells are ${high}, and the next lower value is about ${Number(below.toPrecision(2))}: they may mean missing.`,
      );
    }
  }
  return undefined;
}

function countEqual(sorted: Float64Array, value: number): number {
  let count = 0;
  while (count < sorted.length && sorted[count] === value) count++;
  return count;
}

/** Median distance between the distinct values of the lower half. */
function smallSteps(sorted: Float64Array): number {
  const steps: number[] = [];
  for (let i = 1; i < sorted.length / 2 && steps.length < 200; i++) {
    if (sorted[i] !== sorted[i - 1]) steps.push(sorted[i]! - sorted[i - 1]!);
  }
  if (steps.length < 3) return Number.POSITIVE_INFINITY;
  return steps.sort((a, b) => a - b)[steps.length >> 1]!;
}
