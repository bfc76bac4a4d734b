import { expect, test } from "vitest";
import { parseColumnFlag } from "../../data/index.ts";
import type { TrainOptions } from "./options.ts";
import { reproduceCommand } from "./reproduce.ts";

const options: TrainOptions = {
  source: ["my table.csv"],
  target: "it's",
  columns: { "a=b": { kind: "number", missing: ["-999", "?"] }, when: { kind: "datetime", order: "dmy" } },
  keep: ["x", "y"],
  classWeight: { yes: 5, "a,b=c": 0.5 },
  cost: { falsePositive: 1, falseNegative: 5 },
  time: 60,
  seed: 7,
  threads: 2,
  software: "millwright 0.0.0",
};

test("the command names the work units instead of the seconds, and quotes what a shell would split", () => {
  const command = reproduceCommand(options, 12.5);
  expect(command).toContain("'my table.csv' --target 'it'\\''s'");
  expect(command).toContain("--budget 12.5 --seed 7");
  expect(command).not.toContain("--time");
  expect(command).toContain("--keep x,y");
  expect(command).toContain("--cost fp=1,fn=5");
});

test("class weights are written as the flag is read", () => {
  const written = /--class-weight '([^']*)'/.exec(reproduceCommand(options, 1))?.[1];
  expect(written).toBe("yes=5,a\\,b\\=c=0.5");
  expect(reproduceCommand({ ...options, classWeight: "balanced" }, 1)).toContain("--class-weight balanced");
});

test("columns are written as the flag is read", () => {
  const command = reproduceCommand(options, 1);
  const flags = [...command.matchAll(/--column (?:'([^']*)'|(\S+))/g)].map((match) => match[1] ?? match[2]!);
  expect(Object.fromEntries(flags.map(parseColumnFlag))).toEqual(options.columns);
});

test("a password stands in no command, that of a recipe fitted anew included", () => {
  const testSource = "postgres://me:secret@host/rows?table=t";
  for (const like of [{}, { like: "model.onnx" }]) {
    const command = reproduceCommand({ ...options, ...like, testSource }, 1);
    expect(command).toContain("--test");
    expect(command).not.toContain("secret");
  }
});
