/**
 * Networks for tables against each other and boosting: the perceptron of `train`, with embedded numbers, with waves, and as
 * members that share their weights. Folds are the same; features are those that `train` gives each family.
 *
 *   node --import tsx bench/tabular-nets.ts [--data ../shared/data/tabular] [--tables pima,mpg] [--rows 800] [--nets members]
 *     | --smoke
 *
 * Log loss, or RMSE for numbers, mean of three folds; the processor's seconds of a fit, which other work on the machine
 * disturbs less than the clock's.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createRandom } from "../src/core/index.ts";
import { type Estimator, takeTarget } from "../src/estimators/index.ts";
import { defaultChains } from "../src/features/index.ts";
import { fitRecipe } from "../src/pipeline/index.ts";
import { takeRows } from "../src/schema/index.ts";
import { family, type FamilyParameters } from "../src/select/index.ts";
import { demoCsv } from "../src/tasks/index.ts";
import { machineLine } from "./support/machine.ts";
import { average, lossOf, readRows, type Rows, tables } from "./support/tables.ts";

const nets: Readonly<Record<string, readonly [family: string, parameters: FamilyParameters]>> = {
  perceptron: ["mlp", {}],
  embedded: ["mlp", { embeddingSize: 16 }],
  waves: ["mlp", { waves: 24, embeddingSize: 16 }],
  members: ["mlp", { members: 8, width: 128 }],
  both: ["mlp", { members: 8, width: 128, embeddingSize: 16 }],
  boosting: ["boosting", {}],
};

const { values: flags } = parseArgs({
  options: {
    smoke: { type: "boolean", default: false },
    data: { type: "string", default: "../shared/data/tabular" },
    tables: { type: "string", default: "pima,titanic,attrition,concrete,mpg,wine-white,abalone" },
    nets: { type: "string", default: Object.keys(nets).join(",") },
    rows: { type: "string", default: "800" },
  },
});

/** Mean loss of three folds, and seconds of the processor a fit. */
async function judge({ frame, y }: Rows, net: string): Promise<{ loss: number; seconds: number }> {
  const [name, parameters] = nets[net]!;
  const { style, make } = family(name);
  const losses: number[] = [];
  let seconds = 0;
  const random = createRandom(0);
  const fold = random.shuffle(Uint8Array.from({ length: frame.rowCount }, (_, i) => i % 3));
  for (let part = 0; part < 3; part++) {
    const rows = (inside: boolean): Uint32Array =>
      Uint32Array.from(fold.keys()).filter((row) => (fold[row] === part) === inside);
    const [train, test] = [rows(false), rows(true)];
    const trained = takeRows(frame, train);
    const chains = defaultChains(frame.schema, style, { frame: trained, target: true });
    const estimator = make(parameters);
    const timed: Estimator = {
      ...estimator,
      async fit(...call) {
        const before = process.cpuUsage();
        const fitted = await estimator.fit(...call);
        const { user, system } = process.cpuUsage(before);
        seconds += (user + system) / 3e6;
        return fitted;
      },
    };
    const fitted = await fitRecipe(
      { chains, estimator: timed },
      { frame: trained, y: takeTarget(y, train), rowIds: train },
      { random: random.child(part), threads: 1 },
    );
    const answers = fitted.model.reference(await fitted.features.transform(takeRows(frame, test)));
    losses.push(lossOf(takeTarget(y, test), answers));
  }
  return { loss: average(losses), seconds };
}

async function compare(title: string, rows: Rows): Promise<void> {
  const parts = [`${title.padEnd(11)} ${String(rows.frame.rowCount).padStart(5)} rows`];
  for (const net of flags.nets.split(",")) {
    const { loss, seconds } = await judge(rows, net);
    parts.push(`${net} ${loss.toPrecision(4)} (${seconds.toFixed(1)} s)`);
  }
  console.log(parts.join("  "));
}

console.log(machineLine());
if (flags.smoke) {
  const folder = mkdtempSync(join(tmpdir(), "millwright-nets-"));
  writeFileSync(join(folder, "demo.csv"), demoCsv(120));
  try {
    await compare("demo", await readRows(join(folder, "demo.csv"), "left"));
  } finally {
    rmSync(folder, { recursive: true });
  }
} else {
  for (const name of flags.tables.split(",")) {
    const [file, target, drop] = tables[name]!;
    const rows = await readRows(join(flags.data, `${file}.csv.gz`), target, drop, Number(flags.rows));
    await compare(name, rows);
  }
}
