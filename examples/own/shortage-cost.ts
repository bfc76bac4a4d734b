/** What a forecast of sales costs a shop: a missing piece costs its margin of 4, one too many 1 for storage. */
import { defineMetric } from "millwright";

export const shortageCost = defineMetric({
  name: "shortageCost",
  title: "Cost a day",
  task: "regression",
  greaterIsBetter: false,
  row: (sold, forecast) => (forecast < sold ? 4 * (sold - forecast) : forecast - sold),
});
