/**
 * A CSV several times larger than `--memory`: what look, train and predict take of memory and of processor time, against
 * reading and the same work in memory on a part of it.
 *
 * Memory is that of the command and all its worker processes, above what the same command takes on a table of nothing.
 * Processor time is compared a row of the table, since other work on the machine changes the clock: goal at most 1.3
 * times that of a table in memory. The area under the curve is of the two files on the same fresh rows: goal
 * within 0.001 of the file fitted in memory.
 *
 *   npm run build && npx tsx bench/larger-than-memory.ts [--bytes 4e9] [--memory 400] [--sample 40e6] [--smoke]
 *       [--only look,boosting,logistic,predict]
 *
 * It writes `bytes` and the answers to the temporary folder and removes them. With `--table FILE` the large table is
 * kept in that file, and taken from there if a run before has written it.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BigTable, writeBigTable } from "./support/big-table.ts";
import { machineLine } from "./support/machine.ts";
import { measureCommand } from "./support/peak-memory.ts";

const textOption = (name: string): string | undefined => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? undefined : process.argv[at + 1];
};
const option = (name: string, otherwise: number): number => Number(textOption(name) ?? otherwise);
const smoke = process.argv.includes("--smoke");
const bytes = option("bytes", smoke ? 60e6 : 4e9);
const memory = option("memory", smoke ? 128 : 400);
const sampleBytes = option("sample", smoke ? 4e6 : 40e6);
const only = textOption("only")?.split(",") ?? [
  "look",
  ...(smoke ? [] : ["boosting"]),
  "logistic",
  "predict",
];
/** Units of work for the race: what 5 folds of the rows that fit take, logistic regression on numbers and their powers. */
const budgets = { boosting: "60", logistic: smoke ? "30" : "250" } as const;

const folder = mkdtempSync(join(tmpdir(), "millwright-bench-"));
const place = (name: string): string => join(folder, name);
const megabytes = (count: number): string => (count / 1e6).toFixed(0);

/** Writes the large table, or finds it as it was written; what is known of it stands in a file beside it. */
function largeTable(path: string): BigTable & { readonly path: string } {
  const notes = `${path}.json`;
  if (existsSync(notes)) {
    const known = JSON.parse(readFileSync(notes, "utf8")) as BigTable;
    if (Math.abs(known.bytes - bytes) > 1000)
      throw new Error(`${path} has ${known.bytes} bytes, not ${bytes}.`);
    return { path, ...known };
  }
  const written = writeBigTable(path, bytes, 1);
  writeFileSync(notes, JSON.stringify(written));
  return { path, ...written };
}

try {
  console.log(machineLine());
  const big = largeTable(textOption("table") ?? place("big.csv"));
  // The same seed gives the same bytes: the part in memory is the first rows of the large table.
  const part = { path: place("part.csv"), ...writeBigTable(place("part.csv"), sampleBytes, 1) };
  const tiny = { path: place("tiny.csv"), ...writeBigTable(place("tiny.csv"), 2e5, 3) };
  const fresh = { path: place("fresh.csv"), ...writeBigTable(place("fresh.csv"), smoke ? 1e6 : 6e6, 4) };
  console.log(
    `table ${megabytes(big.bytes)} MB, ${big.rowCount} rows, --memory ${memory}MB; in memory ${part.rowCount} rows; judged on ${fresh.rowCount} fresh rows`,
  );
  console.log(
    "command | memory above bare MB | bare MB | processes | µs a row | in memory | ratio | seconds",
  );
  /** Measures a command on the table larger than memory, on the part in memory, and on nothing. */
  const compare = async (
    name: string,
    wordsOf: (source: string, kind: string) => readonly string[],
  ): Promise<void> => {
    const bare = await measureCommand(wordsOf(tiny.path, "tiny"));
    const inMemory = await measureCommand(wordsOf(part.path, "part"));
    const larger = await measureCommand([...wordsOf(big.path, "big"), "--memory", `${memory}MB`]);
    const own = (1e6 * (larger.cpuSeconds - bare.cpuSeconds)) / big.rowCount;
    const other = (1e6 * (inMemory.cpuSeconds - bare.cpuSeconds)) / part.rowCount;
    console.log(
      [
        name,
        megabytes(larger.peakBytes - bare.peakBytes),
        megabytes(bare.peakBytes),
        larger.processes,
        own.toFixed(2),
        other.toFixed(2),
        (own / other).toFixed(2),
        larger.seconds.toFixed(0),
      ].join(" | "),
    );
  };
  if (only.includes("look"))
    await compare("look", (source) => ["look", source, "--target", "bought", "--json"]);
  for (const family of ["boosting", "logistic"] as const) {
    if (!only.includes(family)) continue;
    await compare(`train ${family}`, (source, kind) => [
      ...["train", source, "--target", "bought", "--families", family],
      // A budget left over is spent on a search, so a table of nothing gets little.
      ...["--budget", kind === "tiny" ? "2" : budgets[family]],
      ...["--threads", "2", "--out", place(`${family}-${kind}`), "--json"],
    ]);
    const area = async (kind: string): Promise<number> => {
      const model = place(`${family}-${kind}/model.onnx`);
      const words = ["evaluate", model, fresh.path, "--metric", "rocAuc", "--json"];
      return JSON.parse((await measureCommand(words)).stdout).metrics[0].value;
    };
    const [larger, inMemory] = [await area("big"), await area("part")];
    if (Math.min(larger, inMemory) <= 0.5) throw new Error(`the budget did not reach ${family}`);
    console.log(
      `${family}: ROC AUC ${larger.toFixed(4)} larger than memory, ${inMemory.toFixed(4)} in memory, ${(larger - inMemory).toFixed(4)} more`,
    );
  }
  const model = place("logistic-part/model.onnx");
  if (only.includes("predict")) {
    if (!existsSync(model)) throw new Error("--only predict needs logistic too: it predicts by its file.");
    await compare("predict", (source) => [
      ...["predict", model, source, "-o", place("answers.csv"), "--threads", "2", "--json"],
    ]);
  }
  console.log(machineLine());
} finally {
  rmSync(folder, { recursive: true });
}
