/** What the intervals of forecasts hold, as a training and an evaluation tell it. */
import { figure } from "./terminal.ts";

/** @param values - Of which values: `untouched values`. */
export function intervalsLine(
  { coverage, held, width }: { readonly coverage: number; readonly held: number; readonly width: number },
  values: string,
): string {
  const percent = (share: number): string => `${Number((100 * share).toFixed(1))} %`;
  return `The intervals were made to hold ${percent(coverage)} of new values and hold ${percent(held)} of the ${values}; they are ${figure(width)} wide on average.`;
}
