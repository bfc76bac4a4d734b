/**
 * Entities of WNUT-17 (emerging and rare ones, six kinds): span F1 of the tag look-up, of logistic regression and of the
 * network, each by the run of `millwright train --task tags` on the files of the data set. The file "dev" chooses the
 * epoch and the offset of O; the file "test" is read once, in the end. Goal: 0.20 from scratch.
 *
 *   nice -n 5 node --import tsx bench/tag-accuracy.ts [--data ../shared/data/text] [--seeds 0,1,2] [--epochs 6]
 *   node --import tsx bench/tag-accuracy.ts --smoke
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type TagOptions, type TagRecord, trainTags } from "../src/tasks/index.ts";
import { conllOf, drawSentences } from "../test/fixtures/sentences.ts";
import { machineLine } from "./support/machine.ts";

const { values: flags } = parseArgs({
  options: {
    smoke: { type: "boolean", default: false },
    data: { type: "string", default: "../shared/data/text" },
    seeds: { type: "string", default: "0" },
    epochs: { type: "string" },
  },
});

console.log(machineLine());
const folder = mkdtempSync(join(tmpdir(), "tags-"));
try {
  for (const seed of flags.smoke ? [0] : flags.seeds.split(",").map(Number)) tell(seed, await runSeed(seed));
} finally {
  rmSync(folder, { recursive: true });
}

async function runSeed(seed: number): Promise<TagRecord> {
  const files = flags.smoke ? invented() : wnut();
  const epochs = flags.smoke ? 2 : flags.epochs === undefined ? undefined : Number(flags.epochs);
  const { record } = await trainTags({
    ...files,
    ...(epochs !== undefined && { epochs }),
    seed,
    threads: 1,
    software: "bench",
  });
  return record;
}

function tell(seed: number, { chosen, leaderboard, network, versus, test, kinds }: TagRecord): void {
  const figure = (value: number): string => value.toFixed(3);
  const [f1, precision, recall] = test.metrics;
  const board = leaderboard.map(({ name, score, seconds }) => `${name} ${figure(score)} (${seconds} s)`);
  console.log(`seed ${seed}, on validation: ${board.join(", ")}`);
  console.log(
    `seed ${seed}, on test: ${chosen} F1 ${figure(f1!.value)} (${figure(f1!.low)} to ${figure(f1!.high)}), precision ${figure(precision!.value)}, recall ${figure(recall!.value)}; tag look-up ${figure(f1!.baseline)}; ${versus.network} − ${versus.classical} ${figure(versus.gain)} (${figure(versus.low)} to ${figure(versus.high)})`,
  );
  console.log(
    `seed ${seed}: ${network.parameterCount} parameters, epoch ${network.bestEpoch} of ${network.epochs}; ${kinds.map(({ kind, f1: own }) => `${kind} ${figure(own)}`).join(", ")}`,
  );
}

type Files = Pick<TagOptions, "source" | "validation" | "test">;

function wnut(): Files {
  const part = (name: string): string => join(flags.data, `wnut17-${name}.conll.gz`);
  return { source: part("train"), validation: part("dev"), test: part("test") };
}

function invented(): Files {
  const part = (name: string, count: number, seed: number): string => {
    const path = join(folder, `${name}.conll`);
    writeFileSync(path, conllOf(drawSentences(count, seed)));
    return path;
  };
  return { source: part("train", 150, 1), validation: part("dev", 40, 2), test: part("test", 40, 3) };
}
