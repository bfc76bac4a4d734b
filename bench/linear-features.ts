/**
 * Plans of features for linear models against scaled numbers alone: powers of the numbers by Yeo-Johnson beside them
 * or in their place, all of them or those of the skewed, and dates as points on a circle. Folds and families are the same.
 *
 *   node --import tsx bench/linear-features.ts [--data ../shared/data/tabular] [--tables adult,mpg] [--family mlp]
 *     [--rows 4000] [--repeats 2] | --smoke
 *
 * The figure of a plan is its gain over them in units of the corrected standard error of the mean difference,
 * sd × √(1/J + 1/4), since folds share training rows (Nadeau & Bengio 2003). Scores: log loss; RMSE for numbers.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createRandom } from "../src/core/index.ts";
import { takeTarget } from "../src/estimators/index.ts";
import {
  type Chain,
  clipOutliers,
  dateParts,
  defaultChains,
  impute,
  numbers,
  powerTransform,
  scale,
  ColumnRef,
} from "../src/features/index.ts";
import { fitRecipe } from "../src/pipeline/index.ts";
import { type Frame, takeRows } from "../src/schema/index.ts";
import { family } from "../src/select/index.ts";
import { demoCsv } from "../src/tasks/index.ts";
import { machineLine } from "./support/machine.ts";
import { average, lossOf, readRows, type Rows, tables, units } from "./support/tables.ts";

const { values: flags } = parseArgs({
  options: {
    smoke: { type: "boolean", default: false },
    data: { type: "string", default: "../shared/data/tabular" },
    tables: { type: "string", default: Object.keys(tables).join(",") },
    family: { type: "string" },
    rows: { type: "string", default: "4000" },
    repeats: { type: "string", default: "2" },
  },
});

/** Chains instead of one of a family's plan without powers; undefined where it stays. */
type Change = (chain: Chain, rows: Frame) => readonly Chain[] | undefined;

const bounded = clipOutliers({ method: "deviation", factor: 1000 });
const finish = [impute({ indicator: "seen" }), bounded, scale()];
const powered = [powerTransform(), ...finish];
const refs = <K extends "number" | "datetime">(names: readonly string[], kind: K) =>
  names.map((name) => new ColumnRef(name, kind)) as [ColumnRef<K>, ...ColumnRef<K>[]];
const numbersOf = (names: readonly string[], steps: typeof powered): Chain[] =>
  names.length === 0 ? [] : [numbers(...refs(names, "number")).pipe(...steps)];

const skewedAbove =
  (limit: number): Change =>
  ({ encoder, columns }, rows) => {
    if (encoder.kind !== "numbers") return undefined;
    const skewed = columns.filter((name) => Math.abs(skewness(rows, name)) > limit);
    return [
      ...numbersOf(
        columns.filter((name) => !skewed.includes(name)),
        finish,
      ),
      ...numbersOf(skewed, powered),
    ];
  };
const dates =
  (cycles: "wave"): Change =>
  ({ encoder, columns }) =>
    encoder.kind === "dateParts"
      ? [dateParts(...refs(columns, "datetime"), { cycles }).pipe(...finish)]
      : undefined;

/** "beside" is what `defaultChains` does with { powers: true }. */
const plans: Readonly<Record<string, Change | "beside">> = {
  "beside the number": "beside",
  "Yeo-Johnson": ({ encoder, columns }) =>
    encoder.kind === "numbers" ? numbersOf(columns, powered) : undefined,
  "where skewed > 1": skewedAbove(1),
  "dates on circles": dates("wave"),
};

/** Third moment over the cube of the deviation; 0 of a column with two values or fewer. */
function skewness(frame: Frame, name: string): number {
  const cells = frame.columns.get(name)!;
  if (cells.type !== "number") return 0;
  const values = cells.values.filter(Number.isFinite);
  if (new Set(values).size <= 2) return 0;
  const mean = average(values);
  const variance = average(values.map((value) => (value - mean) ** 2));
  return average(values.map((value) => ((value - mean) / Math.sqrt(variance)) ** 3));
}

/** Loss of each fold. */
async function losses({ frame, y }: Rows, name: string, plan: Change | "beside"): Promise<number[]> {
  const found: number[] = [];
  for (let repeat = 0; repeat < Number(flags.repeats); repeat++) {
    const random = createRandom(repeat);
    const fold = random.shuffle(Uint8Array.from({ length: frame.rowCount }, (_, i) => i % 5));
    for (let part = 0; part < 5; part++) {
      const rows = (inside: boolean): Uint32Array =>
        Uint32Array.from(fold.keys()).filter((row) => (fold[row] === part) === inside);
      const [train, test] = [rows(false), rows(true)];
      const trained = takeRows(frame, train);
      const { style, make } = family(name);
      const powers = plan === "beside";
      const chains = defaultChains(frame.schema, style, { frame: trained, target: true, powers });
      const change = plan === "beside" ? () => undefined : plan;
      const fitted = await fitRecipe(
        { chains: chains.flatMap((chain) => change(chain, trained) ?? [chain]), estimator: make({}) },
        { frame: trained, y: takeTarget(y, train), rowIds: train },
        { random: random.child(part), threads: 1 },
      );
      const answers = fitted.model.reference(await fitted.features.transform(takeRows(frame, test)));
      found.push(lossOf(takeTarget(y, test), answers));
    }
  }
  return found;
}

async function compare(title: string, rows: Rows, sums: Map<string, number[]>): Promise<void> {
  const name = flags.family ?? (rows.y.kind === "regression" ? "ridge" : "logistic");
  const base = await losses(rows, name, () => undefined);
  const parts = [`${title.padEnd(14)} ${name.padEnd(9)} scaled ${average(base).toPrecision(5)}`];
  const dated = rows.frame.schema.columns.some(({ kind, role }) => kind === "datetime" && role === "feature");
  for (const [plan, change] of Object.entries(plans)) {
    if (plan.startsWith("dates") && !dated) continue;
    const other = await losses(rows, name, change);
    const gain = units(base.map((loss, i) => loss - other[i]!));
    sums.set(plan, [...(sums.get(plan) ?? []), gain]);
    parts.push(`${plan} ${average(other).toPrecision(5)} (${gain >= 0 ? "+" : ""}${gain.toFixed(1)})`);
  }
  console.log(parts.join("  "));
}

const most = Number(flags.rows);
console.log(machineLine());
const sums = new Map<string, number[]>();
if (flags.smoke) {
  const folder = mkdtempSync(join(tmpdir(), "millwright-features-"));
  writeFileSync(join(folder, "demo.csv"), demoCsv(300));
  try {
    await compare("demo", await readRows(join(folder, "demo.csv"), "left", [], most), sums);
  } finally {
    rmSync(folder, { recursive: true });
  }
} else {
  for (const name of flags.tables.split(",")) {
    const [file, target, drop] = tables[name]!;
    await compare(name, await readRows(join(flags.data, `${file}.csv.gz`), target, drop, most), sums);
  }
}
for (const [plan, gains] of sums) {
  const line = `${plan.padEnd(18)} mean ${average(gains).toFixed(2)}, lowest ${Math.min(...gains).toFixed(2)}, highest ${Math.max(...gains).toFixed(2)}`;
  console.log(`${line}, over ${gains.length} tables`);
}
