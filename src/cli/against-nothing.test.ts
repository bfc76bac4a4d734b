import { expect, test } from "vitest";
import { againstNothing } from "./against-nothing.ts";

const rmse = (low: number, high: number) => ({
  greaterIsBetter: false,
  value: low,
  low,
  high,
  baseline: 4169,
});
const auc = (low: number, high: number) => ({ greaterIsBetter: true, value: low, low, high, baseline: 0.5 });

test.each([
  ["an error above the baseline's", rmse(5483, 8825), "boosting", 3, /worse than doing nothing/],
  ["an interval that holds the baseline's error", rmse(3000, 5000), "boosting", 3, /not clearly better/],
  ["a smaller error", rmse(3000, 4000), "boosting", 3, undefined],
  ["an area below one half", auc(0.3, 0.45), "logistic", 3, /worse than doing nothing/],
  ["an interval that holds one half", auc(0.45, 0.6), "logistic", 3, /not clearly better/],
  ["a larger area", auc(0.6, 0.7), "logistic", 3, undefined],
  ["one row, worse", { ...rmse(NaN, NaN), value: 5000 }, "boosting", 3, /worse than doing nothing/],
  ["one row, better", { ...rmse(NaN, NaN), value: 3000 }, "boosting", 3, undefined],
  ["a baseline after others", auc(0.5, 0.5), "baseline", 3, /no model beat doing nothing/],
  ["a baseline alone", auc(0.5, 0.5), "baseline", 0, /no model was tried.*--budget/],
])("%s", (_, figure, chosen, tried, sentence) => {
  const said = againstNothing(figure, chosen, tried);
  if (sentence === undefined) expect(said).toBeUndefined();
  else expect(said).toMatch(sentence);
});
