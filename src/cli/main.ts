#!/usr/bin/env node
/**
 * The command line: names and flags only. Each command's work is imported when it
 * runs, so that `--help` stays fast.
 */
import { Command, CommanderError, InvalidArgumentError } from "commander";
import { MillwrightError } from "../core/index.ts";
import { costs, list, numberIn, oneOf, seconds } from "./options.ts";
import { action, report } from "./run.ts";
import { version } from "./version.ts";

/** Commander's own error for a value that cannot be read, with our message. */
const read =
  <T>(parse: (text: string, before?: T) => T) =>
  (text: string, before: T | undefined): T => {
    try {
      return parse(text, before);
    } catch (error) {
      if (error instanceof MillwrightError) throw new InvalidArgumentError(`${error.what} ${error.fix}`);
      throw error;
    }
  };

/** Every time the flag is given. */
const repeated = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];

const seedOption = [
  "--seed <n>",
  "seed of every random choice",
  read(numberIn("--seed", 0, Number.MAX_SAFE_INTEGER, true)),
  0,
] as const;
const threadsOption = [
  "--threads <n>",
  "threads to use; the answer does not depend on it",
  read(numberIn("--threads", 1, 256, true)),
] as const;
const columnOption = [
  "--column <name=kind>",
  "read a column as number, category, boolean, datetime, text or id (repeatable)",
  repeated,
] as const;
const sqlOption = [
  "--sql <query>",
  "query over the source; each file is a view named after its stem",
] as const;
const jsonOption = ["--json", "print one JSON document instead of text"] as const;

const program = new Command("millwright")
  .description("Machine learning engineering in TypeScript: from a table to one model.onnx.")
  .version(version)
  .showHelpAfterError("(run with --help for the flags)")
  .configureOutput({ outputError: (text, write) => write(text) })
  .exitOverride();

program
  .command("look")
  .description("show what a table holds and what is wrong with it")
  .argument("<source...>", "files, globs or a database URL")
  .option("--target <column>", "the column to predict")
  .option(...columnOption)
  .option(...sqlOption)
  .option(...seedOption)
  .option(...jsonOption)
  .action(action(async (source, options) => (await import("./commands/look.ts")).look(source, options)));

program
  .command("train")
  .description("train on a table: choose a model honestly, leave model.onnx, report.html and run.json")
  .argument("<source...>", "files, globs or a database URL")
  .requiredOption("--target <column>", "the column to predict")
  .option(
    "--task <task>",
    "classification or regression; decided from the target unless told",
    read(oneOf("--task", ["classification", "regression"] as const)),
  )
  .option("--metric <name>", "what to choose by: rocAuc, logLoss, accuracy, f1, rmse, mae, r2, …")
  .option("--positive <label>", "the label that counts as positive")
  .option("--time <duration>", "seconds to spend, as 60s, 5m, 1h: the command ends by then", read(seconds))
  .option(
    "--budget <units>",
    "work units to spend (about seconds of one core), reproducible",
    read(numberIn("--budget", 0, Infinity)),
  )
  .option("--families <names>", "only these families, comma-separated", read(list))
  .option("--folds <n>", "folds of the cross-validation", read(numberIn("--folds", 2, 20, true)))
  .option(
    "--test-size <share>",
    "share of rows kept untouched for the final figures",
    read(numberIn("--test-size", 0.01, 0.9)),
  )
  .option("--test <file>", "untouched rows from another file instead")
  .option(...columnOption)
  .option("--keep <columns>", "keep columns that would be left out as leaks", read(list))
  .option("--drop <columns>", "leave columns out", read(list))
  .option("--weight <column>", "weight of each row")
  .option("--group <column>", "rows of one group never stand on both sides of a split")
  .option("--time-column <column>", "the past predicts the future: split by this column")
  .option("--id <column>", "names the row; never a feature")
  .option(
    "--cost <fp=1,fn=5>",
    "cost of a false alarm and of a miss: sets the threshold (two classes)",
    read(costs),
  )
  .option(...sqlOption)
  .option(...seedOption)
  .option(...threadsOption)
  .option("--out <folder>", "where the results go", ".")
  .option(...jsonOption)
  .action(action(async (source, options) => (await import("./commands/train.ts")).train(source, options)));

program
  .command("predict")
  .description("answer every row of a table with a model file")
  .argument("<model>", "a model.onnx")
  .argument("<source...>", "files, globs or a database URL; the target is not needed")
  .requiredOption("-o, --out <file>", "where to write the CSV")
  .option(...sqlOption)
  .option(...threadsOption)
  .option(...jsonOption)
  .action(
    action(async (model, source, options) =>
      (await import("./commands/predict.ts")).predict(model, source, options),
    ),
  );

program
  .command("evaluate")
  .description("score a model file on rows with known answers")
  .argument("<model>", "a model.onnx")
  .argument("<source...>", "files, globs or a database URL")
  .option("--metric <names>", "metrics to print first, comma-separated", read(list))
  .option(...sqlOption)
  .option(...seedOption)
  .option(...threadsOption)
  .option(...jsonOption)
  .action(
    action(async (model, source, options) =>
      (await import("./commands/evaluate.ts")).evaluate(model, source, options),
    ),
  );

program
  .command("inspect")
  .description("show what a model file takes, answers and knows of itself")
  .argument("<model>", "an .onnx file")
  .option("--graph", "print the graph as text")
  .option(...jsonOption)
  .action(action(async (model, options) => (await import("./commands/inspect.ts")).inspect(model, options)));

program
  .command("types")
  .description("write a TypeScript module with the schema and the types of a model file")
  .argument("<model>", "a model.onnx")
  .requiredOption("-o, --out <file>", "where to write the module")
  .option(...jsonOption)
  .action(action(async (model, options) => (await import("./commands/types.ts")).types(model, options)));

program
  .command("demo")
  .description("make a small table and train on it, to see the whole job")
  .option("--out <folder>", "where the results go", "millwright-demo")
  .option(...seedOption)
  .option(...jsonOption)
  .action(action(async (options) => (await import("./commands/demo.ts")).demo(options)));

program
  .command("doctor")
  .description("say what runs on this machine and what is missing")
  .option(...jsonOption)
  .action(action(async (options) => (await import("./commands/doctor.ts")).doctor(options)));

try {
  await program.parseAsync();
} catch (error) {
  // Help and version end here too, with their own exit code 0; every other refusal is the user's mistake.
  process.exitCode = error instanceof CommanderError ? (error.exitCode === 0 ? 0 : 1) : report(error);
}
