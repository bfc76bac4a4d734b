/**
 * Forecasts of real series by `train --task sequence`, against naive answers and ridge on the same untouched windows.
 *
 *   npx tsx bench/sequence-accuracy.ts --data FOLDER [--series ett,temperatures,pedestrians] [--epochs 4]
 *   npx tsx bench/sequence-accuracy.ts --smoke
 *
 * The last fifth of the time is untouched; the model is chosen before it. Mean absolute error in the unit of the series.
 * It ends with code 1 where the file is not better than both naive answers. `--smoke` makes its series, without data.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";
import { createRandom } from "../src/core/index.ts";
import { mae } from "../src/metrics/index.ts";
import { trainSequences } from "../src/tasks/index.ts";
import { forecastProblem } from "../src/tasks/sequence/forecast-problem.ts";
import { ridgeForecast } from "../src/tasks/sequence/forecasters.ts";
import type { SequenceTaskOptions } from "../src/tasks/sequence/options.ts";
import { readSequenceTable } from "../src/tasks/sequence/read-sequences.ts";
import { runOver } from "../src/tasks/sequence/run-graph.ts";

const { values: flags } = parseArgs({
  options: {
    data: { type: "string" },
    series: { type: "string", default: "ett,temperatures,pedestrians" },
    epochs: { type: "string", default: "4" },
    smoke: { type: "boolean", default: false },
  },
});

interface Series {
  readonly csv: () => string;
  readonly target: string;
  readonly timeColumn: string;
  readonly group?: string;
  readonly horizon: number;
}

const unpacked = (name: string): string => gunzipSync(readFileSync(join(flags.data!, name))).toString("utf8");

const known: Readonly<Record<string, Series>> = {
  ett: { csv: () => unpacked("ETTh1.csv.gz"), target: "OT", timeColumn: "date", horizon: 24 },
  temperatures: {
    csv: () => unpacked("daily-min-temperatures.csv.gz"),
    target: "Temp",
    timeColumn: "Date",
    horizon: 7,
  },
  pedestrians: {
    csv: () =>
      unpacked("pedestrian-hourly.csv.gz")
        .trimEnd()
        .split("\n")
        .map((line, i) => {
          const [sensor, date, hour, count] = line.split(",");
          return i === 0 ? "sensor,time,count" : `${sensor},${date} ${hour!.padStart(2, "0")}:00:00,${count}`;
        })
        .join("\n"),
    target: "count",
    timeColumn: "time",
    group: "sensor",
    horizon: 24,
  },
};

/** A day's wave, a level, and what an other column said an hour before. */
const made: Series = {
  csv: () => {
    const random = createRandom(1);
    const lines = ["time,load,open"];
    let before = 0;
    for (let i = 0; i < 600; i++) {
      const open = random.next() < 0.3 ? 1 : 0;
      const load = 50 + 20 * Math.sin((2 * Math.PI * i) / 24) + 15 * before + random.normal();
      lines.push(
        `${new Date(Date.UTC(2024, 0, 1, i)).toISOString().slice(0, 19)},${load.toFixed(3)},${open}`,
      );
      before = open;
    }
    return lines.join("\n");
  },
  target: "load",
  timeColumn: "time",
  horizon: 3,
};

const folder = mkdtempSync(join(tmpdir(), "sequences-"));
try {
  const named = flags.smoke ? { made } : known;
  const names = flags.smoke ? ["made"] : flags.series.split(",");
  const epochs = flags.smoke ? 1 : Number(flags.epochs);
  console.log(
    `${new Date().toISOString().slice(0, 10)}, ${cpus()[0]?.model} × ${cpus().length}, Node ${process.version}, load ${loadavg()[0]!.toFixed(1)}, at most ${epochs} epochs, one thread`,
  );
  console.log(
    "series, horizon, windows | last value | season before | ridge on lags | ours, and what it is | MASE",
  );
  for (const name of names) {
    const { csv, target, timeColumn, group, horizon } = (named as Readonly<Record<string, Series>>)[name]!;
    const source = join(folder, `${name}.csv`);
    writeFileSync(source, csv());
    const options: SequenceTaskOptions = {
      source: [source],
      target,
      timeColumn,
      ...(group !== undefined && { group }),
      horizon,
      epochs,
      seed: 0,
      threads: 1,
      software: "bench",
    };
    const began = performance.now();
    const { record } = await trainSequences(options);
    const minutes = (performance.now() - began) / 60_000;
    const problem = forecastProblem(await readSequenceTable(options), options);
    const context = { seed: 0, threads: 1, epochs, onProgress: () => {} };
    const others = [...problem.baselines, await ridgeForecast(problem.windows.train, problem.shape, context)];
    const { x, y } = problem.windows.test;
    const errors: string[] = [];
    const naive: number[] = [];
    for (const other of others) {
      const { answer } = await runOver(x, problem.shape, (value) => ({ answer: other.emit(value) }));
      const error = mae(y, answer);
      if (other.family === "baseline") naive.push(error);
      errors.push(error.toFixed(3));
    }
    const ours = record.test.metrics[0]!;
    const scaled = record.test.mase;
    console.log(
      `${name}, ${horizon}, ${record.test.rows} | ${errors.join(" | ")} | ${ours.value.toFixed(3)} (${ours.low.toFixed(3)} … ${ours.high.toFixed(3)}), ${record.chosen} | ${scaled?.value.toFixed(3)}; naive ${scaled?.naive.toFixed(3)} | ${minutes.toFixed(1)} min`,
    );
    console.log(`  ${record.versus?.sentence ?? ""}`);
    const { intervals } = record.test;
    if (intervals)
      console.log(
        `  intervals made to hold ${intervals.coverage} hold ${intervals.held.toFixed(3)}, ${Math.min(...record.byHorizon!.held!).toFixed(3)} to ${Math.max(...record.byHorizon!.held!).toFixed(3)} by step; ${intervals.width.toFixed(2)} wide on average`,
      );
    if (!(ours.value < Math.min(...naive))) {
      console.log(`  The file is not better than the naive answers (${Math.min(...naive).toFixed(3)}).`);
      process.exitCode = 1;
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
