/** Trains with the built program and tells which file came out. */
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runBuilt } from "./cli.ts";

export interface TrainedHash {
  /** SHA-256 of model.onnx. */
  readonly hash: string;
  /** Families on the leaderboard. */
  readonly families: readonly string[];
  /** The command that makes the same file again. */
  readonly reproduce: string;
}

/** The first days of Seattle's weather as a CSV file of a folder; returns its path. */
export function weather(folder: string, rows: number): string {
  const source = new URL("../data/seattle-weather.csv", import.meta.resolve("vega-datasets"));
  const path = join(folder, "weather.csv");
  writeFileSync(
    path,
    readFileSync(source, "utf8")
      .split("\n", rows + 1)
      .join("\n"),
  );
  return path;
}

/**
 * Runs `millwright train`.
 *
 * @param words - What stands after `train`, without `--out` and `--json`.
 * @throws Error with its words if it fails.
 */
export async function trainedHash(folder: string, words: readonly string[]): Promise<TrainedHash> {
  const out = join(folder, "out");
  const { code, stdout, stderr } = await runBuilt(["train", ...words, "--out", out, "--json"]);
  if (code !== 0) throw new Error(stderr);
  const record = JSON.parse(stdout) as {
    readonly reproduce: string;
    readonly leaderboard: readonly { readonly family: string }[];
  };
  return {
    hash: createHash("sha256")
      .update(readFileSync(join(out, "model.onnx")))
      .digest("hex"),
    families: record.leaderboard.map((entry) => entry.family),
    reproduce: record.reproduce,
  };
}
