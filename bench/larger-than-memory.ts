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
 *
 * It writes `bytes` and the answers to the temporary folder and removes them.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeBigTable } from "./support/big-table.ts";
import { machineLine } from "./support/machine.ts";
import { type Measured, measureCommand } from "./support/peak-memory.ts";

const option = (name: string, otherwise: number): number => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : Number(process.argv[at + 1]);
};
const smoke = process.argv.includes("--smoke");
const bytes = option("bytes", smoke ? 60e6 : 4e9);
const memory = option("memory", smoke ? 128 : 400);
const sampleBytes = option("sample", smoke ? 4e6 : 40e6);
const families = smoke ? ["logistic"] : ["boosting", "logistic"];

const folder = mkdtempSync(join(tmpdir(), "millwright-bench-"));
const place = (name: string): string => join(folder, name);
const megabytes = (count: number): string => (count / 1e6).toFixed(0);

/** A command on the table larger than memory, on the part in memory, and on nothing. */
interface Compared {
  readonly name: string;
  readonly big: Measured;
  readonly inMemory: Measured;
  readonly bare: Measured;
}

try {
  console.log(machineLine());
  const big = { path: place("big.csv"), ...writeBigTable(place("big.csv"), bytes, 1) };
  const part = { path: place("part.csv"), ...writeBigTable(place("part.csv"), sampleBytes, 2) };
  const tiny = { path: place("tiny.csv"), ...writeBigTable(place("tiny.csv"), 2e5, 3) };
  const fresh = { path: place("fresh.csv"), ...writeBigTable(place("fresh.csv"), smoke ? 1e6 : 6e6, 4) };
  console.log(
    `table ${megabytes(big.bytes)} MB, ${big.rowCount} rows, --memory ${memory}MB; in memory ${part.rowCount} rows; judged on ${fresh.rowCount} fresh rows`,
  );
  const compare = async (
    name: string,
    wordsOf: (source: string, kind: string) => readonly string[],
  ): Promise<Compared> => {
    const bare = await measureCommand(wordsOf(tiny.path, "tiny"));
    const inMemory = await measureCommand(wordsOf(part.path, "part"));
    const words = [...wordsOf(big.path, "big"), "--memory", `${memory}MB`];
    return { name, bare, inMemory, big: await measureCommand(words) };
  };
  const compared = [await compare("look", (source) => ["look", source, "--target", "bought", "--json"])];
  const areas: string[] = [];
  for (const family of families) {
    compared.push(
      await compare(`train ${family}`, (source, kind) => [
        ...["train", source, "--target", "bought", "--families", family],
        // A budget left over is spent on a search, so a table of nothing gets little.
        ...["--budget", kind === "tiny" ? "2" : smoke ? "30" : "60"],
        ...["--threads", "2", "--out", place(`${family}-${kind}`), "--json"],
      ]),
    );
    const area = async (kind: string): Promise<number> => {
      const model = place(`${family}-${kind}/model.onnx`);
      const words = ["evaluate", model, fresh.path, "--metric", "rocAuc", "--json"];
      return JSON.parse((await measureCommand(words)).stdout).metrics[0].value;
    };
    const [larger, inMemory] = [await area("big"), await area("part")];
    areas.push(
      `${family}: ROC AUC ${larger.toFixed(4)} larger than memory, ${inMemory.toFixed(4)} in memory, ${(larger - inMemory).toFixed(4)} more`,
    );
  }
  const model = place("logistic-part/model.onnx");
  compared.push(
    await compare("predict", (source) => [
      ...["predict", model, source, "-o", place("answers.csv"), "--threads", "2", "--json"],
    ]),
  );

  console.log(
    "command | memory above bare MB | bare MB | processes | µs a row | in memory | ratio | seconds",
  );
  for (const { name, big: larger, inMemory, bare } of compared) {
    const started = bare.cpuSeconds;
    const own = (1e6 * (larger.cpuSeconds - started)) / big.rowCount;
    const other = (1e6 * (inMemory.cpuSeconds - started)) / part.rowCount;
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
  }
  for (const line of areas) console.log(line);
  console.log(machineLine());
} finally {
  rmSync(folder, { recursive: true });
}
