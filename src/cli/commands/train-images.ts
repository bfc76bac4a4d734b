/** `millwright train photos/`: a classifier of pictures from a folder of class folders. */
import { readdir } from "node:fs/promises";
import { MillwrightError } from "../../core/index.ts";
import { saveRun, trainImages } from "../../tasks/index.ts";
import { printMediaRun } from "../media-run.ts";
import { type RunContext, runAndSave } from "../run-and-save.ts";
import type { TrainFlags } from "./train-flags.ts";

/** What has a meaning for pictures. */
const taken: readonly (keyof TrainFlags)[] = [
  "net",
  "imageSize",
  "epochs",
  "augment",
  "time",
  "testSize",
  "seed",
  "threads",
  "out",
  "json",
];
/** What only pictures have. */
const own = ["net", "imageSize", "epochs", "augment"] as const satisfies readonly (keyof TrainFlags)[];

const flagOf = (name: string): string =>
  `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** Whether the source is a folder of pictures: one without folders in it is none where a target column is named. */
export async function isFolder(source: readonly string[], target: string | undefined): Promise<boolean> {
  if (source.length !== 1) return false;
  const entries = await readdir(source[0]!, { withFileTypes: true }).catch(() => undefined);
  if (entries === undefined) return false;
  return target === undefined || entries.some((entry) => entry.isDirectory());
}

/** @throws MillwrightError `PARAMETER_CONFLICT` for a flag of pictures where a table is trained on. */
export function refuseImageFlags(flags: TrainFlags): void {
  const given = own.find((name) => flags[name] !== undefined);
  if (given === undefined) return;
  throw new MillwrightError(
    "PARAMETER_CONFLICT",
    `${flagOf(given)} is for a folder of pictures, and the source is a table.`,
    `Leave ${flagOf(given)} out.`,
  );
}

export async function trainPictures(source: string, flags: TrainFlags): Promise<number> {
  const { out, net, imageSize, epochs, augment, time, testSize } = flags;
  const given = Object.entries(flags).find(
    ([name, value]) => value !== undefined && !taken.includes(name as keyof TrainFlags),
  );
  if (given !== undefined) {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `${flagOf(given[0])} is not for a folder of pictures.`,
      `Leave ${flagOf(given[0])} out.`,
    );
  }
  await runAndSave(
    flags,
    (context: RunContext) =>
      trainImages({
        source,
        ...(net !== undefined && { net }),
        ...(imageSize !== undefined && { size: imageSize }),
        ...(epochs !== undefined && { epochs }),
        ...(augment && { augment }),
        ...(time !== undefined && { time }),
        ...(testSize !== undefined && { testSize }),
        seed: flags.seed ?? 0,
        // More threads inside a step change the last bits: only where they are asked for.
        threads: flags.threads ?? 1,
        ...context,
      }),
    saveRun,
    (record, model) => {
      const { width, height } = record.data;
      printMediaRun(record, { rows: `pictures of ${width} × ${height}`, many: "pictures" }, model, out);
    },
  );
  return 0;
}
