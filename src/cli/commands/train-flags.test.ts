import { expect, test } from "vitest";
import { refuseOtherFlags, type TrainFlags } from "./train-flags.ts";

test.each([
  ["target", "cat", "a folder of pictures", "Leave --target out: the names of its folders are the classes."],
  ["budget", 60, "a folder of sounds", "Leave --budget out: --epochs or --time bounds the work."],
  ["folds", 3, "sequences", "Leave --folds out."],
] as const)("--%s is refused with what to do", (name, value, what, fix) => {
  const flags: TrainFlags = { out: "out", epochs: 3, [name]: value };
  expect(() => refuseOtherFlags(flags, ["out", "epochs"], what)).toThrow(
    expect.objectContaining({ what: `--${name} is not for ${what}.`, fix, code: "PARAMETER_CONFLICT" }),
  );
});
