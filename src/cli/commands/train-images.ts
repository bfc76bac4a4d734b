/** `millwright train photos/`: a classifier of pictures from a folder of class folders. */
import { readdir, stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { MillwrightError, nearest } from "../../core/index.ts";
import { filesBehind, listMediaFiles, type MediaKind, type Reading, readingOf } from "../../data/index.ts";
import {
  type BackboneOptions,
  changeNames,
  netNames,
  type PictureTable,
  saveRun,
  trainImages,
} from "../../tasks/index.ts";
import { flagOf } from "../options.ts";
import { printMediaRun } from "../media-run.ts";
import { type RunContext, runAndSave } from "../run-and-save.ts";
import { mediaWord, raceFlags, raceSettings, refuseOtherFlags, type TrainFlags } from "./train-flags.ts";

/** What has a meaning beside --from alone. */
const ofBackbone = ["freeze", "backboneRate", "pixelMean", "pixelDeviation", "pixelLayout"] as const;
/** What has a meaning for pictures. */
const taken = [
  ...raceFlags,
  "families",
  "net",
  "members",
  "from",
  ...ofBackbone,
  "imageSize",
  "augment",
] as const satisfies readonly (keyof TrainFlags)[];
/** What only pictures and sounds have; the first that is given is named. */
const own = [
  "net",
  "members",
  "from",
  ...ofBackbone,
  "imageSize",
  "rate",
  "length",
  "epochs",
  "augment",
] as const satisfies readonly (keyof TrainFlags)[];

/** Whether the source is a folder of pictures or sounds: one without folders in it is none where a target column is named. */
export async function isFolder(source: readonly string[], target: string | undefined): Promise<boolean> {
  if (source.length !== 1) return false;
  const entries = await readdir(source[0]!, { withFileTypes: true }).catch(() => undefined);
  if (entries === undefined) return false;
  return target === undefined || entries.some((entry) => entry.isDirectory());
}

/**
 * A mistyped folder is told to be missing, and not to be a table without a target.
 *
 * @throws MillwrightError `SOURCE_NOT_FOUND` with the nearest name, where the one source is a path that is not there.
 */
export async function requireThere(source: readonly string[]): Promise<void> {
  const [path, ...others] = await filesBehind(source);
  if (path === undefined || others.length > 0 || path !== source[0]) return;
  const there = await stat(path).then(
    () => true,
    (cause: NodeJS.ErrnoException) => cause.code !== "ENOENT",
  );
  if (there) return;
  const beside = await readdir(dirname(path)).catch(() => []);
  const guess = nearest(basename(path), beside);
  throw new MillwrightError(
    "SOURCE_NOT_FOUND",
    `There is no file and no folder ${path}${guess === undefined ? "" : `; the nearest name there is ${JSON.stringify(guess)}`}.`,
    "Check the path.",
  );
}

/** What a folder holds; pictures where it cannot be told, so that reading it tells why. */
export async function kindOfFolder(folder: string): Promise<MediaKind> {
  return (await listMediaFiles(folder).catch(() => undefined))?.kind ?? "image";
}

/** @throws MillwrightError `PARAMETER_CONFLICT` for a flag of pictures or sounds where a table is trained on. */
export function refuseImageFlags(flags: TrainFlags): void {
  const given = own.find((name) => flags[name] !== undefined);
  if (given === undefined) return;
  throw new MillwrightError(
    "PARAMETER_CONFLICT",
    `${flagOf(given)} is for a folder of pictures or sounds, and the source is a table.`,
    given === "epochs" ? "Leave it out, or give --task sequence." : `Leave ${flagOf(given)} out.`,
  );
}

export async function trainPictures(source: string, flags: TrainFlags): Promise<number> {
  const { out, net, members, imageSize, augment } = flags;
  const reading = readingOf(flags);
  if (flags.image === undefined) refuseOtherFlags(flags, taken, "a folder of pictures");
  else
    refuseOtherFlags(
      flags,
      [...taken, "image", "target", "drop", ...Object.keys(reading)],
      "a table of pictures",
    );
  const from = backboneOf(flags);
  const ships = shippedOf(flags.families);
  const table = tableOf(flags, reading);
  await runAndSave(
    flags,
    (context: RunContext) =>
      trainImages({
        source,
        ...(table && { table }),
        ...(net !== undefined && { net: mediaWord("--net", net, netNames, "sounds") }),
        ...(members !== undefined && { members }),
        ...(from && { from }),
        ...(ships && { ships }),
        ...(imageSize !== undefined && { size: imageSize }),
        ...(augment && {
          augment: augment.map((word) => mediaWord("--augment", word, changeNames, "sounds")),
        }),
        ...raceSettings(flags, context),
      }),
    saveRun,
    (record, model) => {
      const { width, height } = record.data;
      const words = { rows: `pictures of ${width} × ${height}`, many: "pictures" };
      const named = table && { table: { column: ["--image", table.image], reading } };
      printMediaRun(record, { ...words, ...named }, model, out);
    },
  );
  return 0;
}

/** What may become the file. @throws MillwrightError `PARAMETER_UNKNOWN`. */
function shippedOf(families: TrainFlags["families"]): "network" | "forest" | undefined {
  if (families === undefined) return undefined;
  const odd = families.find((name) => name !== "network" && name !== "forest");
  if (odd !== undefined) {
    throw new MillwrightError(
      "PARAMETER_UNKNOWN",
      `--families names ${JSON.stringify(odd)}, and of pictures there are a network and a forest.`,
      "Give network or forest, or leave --families out.",
    );
  }
  return new Set(families).size === 1 ? (families[0] as "network" | "forest") : undefined;
}

/** The table's columns. @throws MillwrightError `PARAMETER_MISSING`. */
function tableOf({ image, target, drop }: TrainFlags, reading: Reading): PictureTable | undefined {
  if (image === undefined) return undefined;
  if (target !== undefined) return { image, target, ...(drop && { drop }), reading };
  throw new MillwrightError(
    "PARAMETER_MISSING",
    "--image names a column of a table, and --target names none.",
    "Name the column of classes with --target.",
  );
}

/** The network to begin with. @throws MillwrightError `PARAMETER_CONFLICT`. */
function backboneOf(flags: TrainFlags): BackboneOptions | undefined {
  const { net, from: file, freeze, backboneRate, pixelMean, pixelDeviation, pixelLayout } = flags;
  const alone = ofBackbone.find((name) => flags[name] !== undefined);
  if (file === undefined) {
    if (alone === undefined) return undefined;
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `${flagOf(alone)} is about a network to begin with, and --from names none.`,
      `Give --from, or leave ${flagOf(alone)} out.`,
    );
  }
  if (net !== undefined) {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      "--net and --from both say which network is trained.",
      "Leave one of them out.",
    );
  }
  return {
    file,
    ...(freeze && { freeze }),
    ...(backboneRate !== undefined && { rate: backboneRate }),
    ...(pixelMean && { mean: pixelMean }),
    ...(pixelDeviation && { deviation: pixelDeviation }),
    ...(pixelLayout && { layout: pixelLayout }),
  };
}
