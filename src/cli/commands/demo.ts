/** `millwright demo`: makes a small table and trains on it, saying what happens. */
import { join } from "node:path";
import { prepareFolder, writeWhole } from "../../data/index.ts";
import { demoCsv } from "../../tasks/index.ts";
import { requireOurResults } from "../../pipeline/index.ts";
import { dim, print } from "../terminal.ts";
import { train } from "./train.ts";

export async function demo(flags: {
  readonly out: string;
  readonly seed: number;
  readonly json?: boolean;
}): Promise<void> {
  const folder = prepareFolder(flags.out);
  requireOurResults(folder, ["customers.csv", "model.onnx", "report.html", "run.json"]);
  const path = join(folder, "customers.csv");
  writeWhole({ [path]: demoCsv(4000, flags.seed) });
  if (!flags.json) {
    print(`Made ${path}: 4,000 invented customers of a phone company; "left" says who left.`);
    print(`${dim("$")} npx millwright train ${path} --target left --budget 20 --out ${flags.out}\n`);
  }
  await train([path], {
    target: "left",
    budget: 20,
    seed: flags.seed,
    out: flags.out,
    ...(flags.json && { json: true }),
  });
}
