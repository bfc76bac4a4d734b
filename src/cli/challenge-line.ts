/** One line on another file that was judged on the same untouched rows, with the plain verdict. */
import type { RunRecord } from "../tasks/index.ts";
import { bold, dim, figure, interval, print } from "./terminal.ts";

type Challenge = NonNullable<RunRecord["against"]>[number];

/** @param title - Of the metric. */
export function printChallenge(other: Challenge, title: string): void {
  const { model, score, low, high, gain, gainLow, gainHigh, notes } = other;
  const verdict =
    gainLow > 0
      ? "better"
      : gainHigh < 0
        ? "worse"
        : Number.isNaN(gainLow)
          ? `${gain > 0 ? "better" : "worse"} here, which tells nothing about other rows`
          : "the same within the noise";
  print(
    `${model} on the same rows: ${title} ${figure(score)} (${interval(low, high)}); this file is ${bold(verdict)}, by ${figure(gain)} (${interval(gainLow, gainHigh)}).`,
  );
  for (const note of notes) print(`  ${dim("note:")} ${note}`);
}
