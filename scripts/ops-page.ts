/**
 * Writes docs/ops.md, the table of the ONNX ops that the graph knows: `npx tsx scripts/ops-page.ts`.
 * A test holds the page against the code.
 */
import { writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { type SupportedOp, supportedOps } from "../src/graph/index.ts";

/** The text of the page. */
export function opsPage(ops: readonly SupportedOp[]): string {
  const count = (gradient: SupportedOp["gradient"]): number =>
    ops.filter((op) => op.gradient === gradient).length;
  const noRule =
    count("no") === 0
      ? ""
      : `- **no**: a path to a trained weight through it is an error that names the node (${count("no")} ops).\n`;
  const rows = ops.map(({ name, domain, gradient }) => `| ${name} | ${domain} | ${gradient} |`);
  return `# ONNX ops

Millwright knows the shapes of ${ops.length} ops. This page is written from the code by \`scripts/ops-page.ts\`.

- **yes**: a gradient flows through (${count("yes")} ops). Where a setting of an op has none (\`clip\` in an LSTM), building the gradient says so.
- **constant**: the answer does not change in the small (comparisons, rounding, indices, text, sizes), so no path goes through (${count("constant")} ops).
${noRule}
A file with other ops is read, run and written all the same: they are carried as they are, and only a gradient cannot pass through them. Some rules need sizes that are numbers when the gradient is built: MaxPool, AveragePool and Resize those of the spatial dimensions, convolutions those of the weights, LSTM, GRU and RNN the number of steps, STFT and DFT the number of samples. The batch may always have a name. Where an infinite gradient comes to a unit that \`Relu\` leaves at 0, as from a square root at 0, it gives NaN, and PyTorch 0: the rule is a product, since choosing made a step of ResNet-18 take 1.2 times as long. Keep such a gradient finite, by \`sqrt(add(relu(x), 1e-12))\` say.

| op | domain | gradient |
|---|---|---|
${rows.join("\n")}
`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  writeFileSync(new URL("../docs/ops.md", import.meta.url), opsPage(supportedOps()));
}
