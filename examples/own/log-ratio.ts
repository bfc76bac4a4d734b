/** The logarithm of one column over another: how many times one is the other often matters. */
import type { Transform } from "millwright/features";
import { div, log, slice } from "millwright/graph";

export const logRatio = (): Transform => ({
  kind: "logRatio",
  parameters: {},
  fit: ({ features: [top, bottom] }) => ({
    features: [{ name: "log ratio", sources: [...top!.sources, ...bottom!.sources], kind: "number" }],
    emit: (x) => log(div(slice(x, [0], [1], [1]), slice(x, [1], [2], [1]))),
    reference: (row) => [Math.log(row[0]! / row[1]!)],
  }),
});
