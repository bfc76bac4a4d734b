/** Fills what the reports of all races have. */
import type { ReportData, SimplerModel, TrainingCurve } from "../../report/index.ts";
import { cutShort, type NetworkRecord, type RaceRecord, type Versus } from "./record.ts";

interface RaceReportParts {
  /** What is shipped, in words. */
  readonly title: string;
  readonly seed: number;
  /** Seconds for the whole run, where they were told. */
  readonly time?: number | undefined;
  readonly networks: readonly Pick<NetworkRecord, "ended">[];
  /** Networks for which no time was left. */
  readonly skipped?: readonly unknown[];
  /** What the data's hash is of: `pictures`. */
  readonly hashed: string;
}

type RacePart = "metric" | "intervalLevel" | "chosen" | "test" | "leaderboard" | "run";

export function raceReport(record: RaceRecord, parts: RaceReportParts): Pick<ReportData, RacePart> {
  const { metric, test, leaderboard, chosen, model } = record;
  const { title, seed, time, networks, skipped, hashed } = parts;
  return {
    metric: { name: metric.name, label: metric.title, higherIsBetter: metric.greaterIsBetter },
    intervalLevel: 0.95,
    chosen: {
      name: chosen,
      family: chosenFamily(record),
      description: title,
      sizeBytes: model.bytes,
    },
    test: test.metrics.map(({ name, title: label, greaterIsBetter, value, low, high, baseline }) => ({
      metric: { name, label, higherIsBetter: greaterIsBetter },
      score: { value, ...(!Number.isNaN(low) && { low, high }) },
      baseline,
    })),
    leaderboard: leaderboard.map(({ name, family, score, seconds }) => ({
      name,
      family,
      score: { value: score },
      fitSeconds: seconds,
      ...(name === chosen
        ? { role: "chosen" as const }
        : family === "baseline" && { role: "baseline" as const }),
    })),
    run: {
      command: record.reproduce,
      seed,
      ...(time !== undefined && { timeLimitSeconds: time }),
      durationSeconds: record.seconds,
      configurations: leaderboard.length,
      stoppedEarly: cutShort(networks),
      ...(cutShort(networks, skipped) && { cutShort: true }),
      versions: [{ name: "millwright", version: record.software.replace(/^millwright /, "") }],
      hashes: [
        { name: "model.onnx", sha256: model.sha256 },
        { name: hashed, sha256: record.data.sha256 },
      ],
    },
  };
}

/** What became the file. */
export function chosenFamily({
  leaderboard,
  chosen,
}: Pick<RaceRecord, "leaderboard" | "chosen">): RaceRecord["leaderboard"][number]["family"] {
  return leaderboard.find(({ name }) => name === chosen)!.family;
}

/** The classical model beside a network; none where neither of the two became the file. */
export function simplerModel(
  { leaderboard, chosen }: Pick<RaceRecord, "leaderboard" | "chosen">,
  versus: Versus,
): SimplerModel | undefined {
  const { classical, network, gain, low, high } = versus;
  if (chosen !== classical && chosen !== network) return undefined;
  return {
    name: classical,
    score: leaderboard.find(({ name }) => name === classical)!.score,
    difference: { value: gain, ...(!Number.isNaN(low) && { low, high }) },
    withinNoise: !(low > 0),
  };
}

/** @param validationRows - Those that chose the epoch. */
export function trainingCurve({ history, bestEpoch }: NetworkRecord, validationRows: number): TrainingCurve {
  return {
    epochs: history.map(({ loss, validationLoss, validationMetric }) => ({
      loss,
      validationLoss: validationLoss!,
      ...(validationMetric !== undefined && { validationMetric }),
    })),
    bestEpoch,
    validationRows,
  };
}
