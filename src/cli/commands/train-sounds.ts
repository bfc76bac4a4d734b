/** `millwright train sounds/`: a classifier of sounds from a folder of class folders, or from a table that names them. */
import { MillwrightError } from "../../core/index.ts";
import {
  saveRun,
  type SoundChange,
  soundChanges,
  type SoundNet,
  soundNets,
  trainSounds,
} from "../../tasks/index.ts";
import { printMediaRun } from "../media-run.ts";
import { type RunContext, runAndSave } from "../run-and-save.ts";
import type { TrainFlags } from "./train-flags.ts";
import { refuseOtherFlags } from "./train-images.ts";

/** What has a meaning for sounds. */
const taken: readonly (keyof TrainFlags)[] = [
  "net",
  "rate",
  "length",
  "epochs",
  "augment",
  "group",
  "test",
  "time",
  "testSize",
  "seed",
  "threads",
  "out",
  "json",
];

export async function trainOnSounds(source: readonly string[], flags: TrainFlags): Promise<number> {
  const { out, net, augment, audio: column, target } = flags;
  const ofTable: readonly (keyof TrainFlags)[] = column === undefined ? [] : ["audio", "target"];
  refuseOtherFlags(flags, [...taken, ...ofTable], column === undefined ? "a folder of sounds" : "sounds");
  if (source.length !== 1) {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `--audio reads one table, and ${source.length} sources are given.`,
      "Put the rows into one file.",
    );
  }
  const settings = Object.fromEntries(
    (["rate", "length", "epochs", "group", "test", "time", "testSize"] as const).flatMap((name) =>
      flags[name] === undefined ? [] : [[name, flags[name]]],
    ),
  );
  await runAndSave(
    flags,
    (context: RunContext) =>
      trainSounds({
        ...settings,
        source: source[0]!,
        ...(column !== undefined && { column }),
        ...(target !== undefined && { target }),
        ...(net !== undefined && { net: soundNet(net) }),
        ...(augment && { augment: augment.map(soundChange) }),
        seed: flags.seed ?? 0,
        // More threads inside a step change the last bits: only where they are asked for.
        threads: flags.threads ?? 1,
        ...context,
      }),
    saveRun,
    (record, model) => {
      const { rate, length, groups } = record.data;
      const rows = `sounds of ${length / rate} s at ${rate} samples a second${groups === undefined ? "" : `, ${groups.test.join(", ")} kept for the test alone`}`;
      printMediaRun(record, { rows, many: "sounds" }, model, out);
    },
  );
  return 0;
}

function soundNet(name: string): SoundNet {
  const found = soundNets.find((net) => net === name);
  if (found !== undefined) return found;
  throw new MillwrightError(
    "PARAMETER_CONFLICT",
    `--net ${name} is for pictures.`,
    `Choose from ${soundNets.join(", ")}.`,
  );
}

function soundChange(name: string): SoundChange {
  const found = soundChanges.find((change) => change === name);
  if (found !== undefined) return found;
  throw new MillwrightError(
    "PARAMETER_CONFLICT",
    `--augment ${name} is for pictures.`,
    `Choose from ${soundChanges.join(", ")}, or none.`,
  );
}
