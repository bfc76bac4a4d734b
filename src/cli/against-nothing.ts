/** What a person must hear of a file that does not beat doing nothing. */

interface Figure {
  readonly greaterIsBetter: boolean;
  readonly value: number;
  /** NaN, as `high`, where no interval is defined: then the value itself is held against doing nothing. */
  readonly low: number;
  readonly high: number;
  readonly baseline: number;
}

/**
 * @param figure - The metric that the run chose by, on untouched rows.
 * @param chosen - Family of what is shipped.
 * @param tried - Models besides the baseline that were fitted.
 * @returns A sentence, or nothing where the interval is on the better side of doing nothing.
 */
export function againstNothing(
  { greaterIsBetter, value, low, high, baseline }: Figure,
  chosen: string,
  tried: number,
): string | undefined {
  if (chosen === "baseline") {
    return tried === 0
      ? "Warning: no model was tried, so the file does nothing: give more with --budget or --time."
      : "Warning: no model beat doing nothing, so the file does nothing.";
  }
  const [least, most] = Number.isNaN(low) ? [value, value] : [low, high];
  const [worst, best] = greaterIsBetter ? [least, most] : [-most, -least];
  const nothing = greaterIsBetter ? baseline : -baseline;
  if (best < nothing) return "Warning: the file is worse than doing nothing on these rows: do not use it.";
  return worst <= nothing ? "The file is not clearly better than doing nothing on these rows." : undefined;
}
