/** `millwright train sounds/`: a classifier of sounds from a folder of class folders, or from a table that names them. */
import { MillwrightError } from "../../core/index.ts";
import { saveRun, soundChanges, soundNets, trainSounds } from "../../tasks/index.ts";
import { printMediaRun } from "../media-run.ts";
import { type RunContext, runAndSave } from "../run-and-save.ts";
import { mediaWord, raceFlags, raceSettings, refuseOtherFlags, type TrainFlags } from "./train-flags.ts";

/** What has a meaning for sounds. */
const taken = [
  ...raceFlags,
  "net",
  "members",
  "rate",
  "length",
  "augment",
  "group",
  "test",
] as const satisfies readonly (keyof TrainFlags)[];

export async function trainOnSounds(source: readonly string[], flags: TrainFlags): Promise<number> {
  const { out, net, members, rate, length, group, test, augment, audio: column, target } = flags;
  const ofTable: readonly (keyof TrainFlags)[] = column === undefined ? [] : ["audio", "target"];
  refuseOtherFlags(flags, [...taken, ...ofTable], column === undefined ? "a folder of sounds" : "sounds");
  if (source.length !== 1) {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `--audio reads one table, and ${source.length} sources are given.`,
      "Put the rows into one file.",
    );
  }
  await runAndSave(
    flags,
    (context: RunContext) =>
      trainSounds({
        source: source[0]!,
        ...(column !== undefined && { column }),
        ...(target !== undefined && { target }),
        ...(group !== undefined && { group }),
        ...(test !== undefined && { test }),
        ...(net !== undefined && { net: mediaWord("--net", net, soundNets, "pictures") }),
        ...(members !== undefined && { members }),
        ...(rate !== undefined && { rate }),
        ...(length !== undefined && { length }),
        ...(augment && {
          augment: augment.map((word) => mediaWord("--augment", word, soundChanges, "pictures")),
        }),
        ...raceSettings(flags, context),
      }),
    saveRun,
    (record, model) => {
      const { data } = record;
      const rows = `sounds of ${data.length / data.rate} s at ${data.rate} samples a second${data.groups === undefined ? "" : `, ${data.groups.test.join(", ")} kept for the test alone`}`;
      const named = column !== undefined && { table: { column: ["--audio", column], reading: {} } };
      printMediaRun(record, { rows, many: "sounds", ...named }, model, out);
    },
  );
  return 0;
}
