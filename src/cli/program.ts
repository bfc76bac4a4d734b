/**
 * The command line: names and flags only. Each command's work is imported when it
 * runs, so that `--help` stays fast.
 */
import { Command, CommanderError } from "commander";
import { MillwrightError } from "../core/index.ts";
import type { Reading } from "../data/index.ts";
import { either, pictureChanges, pictureNets, soundChanges, soundNets } from "./media-names.ts";
import {
  bytesOf,
  characterOf,
  classWeights,
  millisecondsOf,
  costs,
  numberIn,
  numbersOf,
  oneOf,
  orAuto,
  patternsOf,
  rowLimit,
  someOf,
  seconds,
  secondsOf,
  wordsOf,
} from "./options.ts";
import { report } from "./run.ts";
import { version } from "./version.ts";

/** Every time the flag is given. */
const repeated = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];

const seedOption = [
  "--seed <n>",
  "seed of every random choice",
  numberIn("--seed", 0, Number.MAX_SAFE_INTEGER, true),
  0,
] as const;
const threadsOption = [
  "--threads <n>",
  "threads to use; the answer does not depend on it",
  numberIn("--threads", 1, 256, true),
] as const;
const columnOption = [
  "--column <name=kind>",
  "read a column as number, category, boolean, datetime, text or id (repeatable)",
  repeated,
] as const;
const inputsOption = [
  "--inputs <columns>",
  "columns in the order of the one matrix that such a file takes, comma-separated",
  wordsOf("--inputs"),
] as const;
const jsonOption = ["--json", "print one JSON document instead of text"] as const;

/** How a source is read, where it does not say so itself. */
const readingOptions = (command: Command): Command =>
  command
    .option("--sql <query>", "query over the source; each file is a view named after its stem")
    .option(
      "--format <name>",
      "csv, tsv, json, ndjson, parquet or xlsx, where the extension does not say",
      oneOf("--format", ["csv", "tsv", "json", "ndjson", "parquet", "xlsx"] as const),
    )
    .option(
      "--encoding <name>",
      "utf-8, utf-16le, utf-16be, windows-1252 or latin-1, where it is not found rightly",
      oneOf("--encoding", ["utf-8", "utf-16le", "utf-16be", "windows-1252", "latin-1"] as const),
    )
    .option("--delimiter <character>", "between the fields of a CSV file", characterOf("--delimiter"))
    .option("--quote <character>", "around fields of a CSV file; '' for none", characterOf("--quote", true))
    .option("--header", "the first row of a CSV file names the columns")
    .option("--no-header", "the first row of a CSV file is data")
    .option("--sheet <name>", "sheet of an Excel workbook, by name or number (the first)")
    .option(
      "--memory <size>",
      "bytes that the rows may take in all, as 500MB or 2GB; larger tables are streamed (three quarters of the machine's)",
      bytesOf("--memory"),
    )
    .option(
      "--http-header <header>",
      "request header as 'Name: value'; ${NAME} in it is an environment variable (repeatable)",
      repeated,
    )
    .option("--http-rows <field>", "where in JSON the rows are, as data.items")
    .option("--http-next <field>", "where in JSON the address or the cursor of the next page is (next)")
    .option("--http-cursor <parameter>", "query parameter that takes the cursor of the next page")
    .option("--http-page <parameter>", "query parameter that counts pages")
    .option("--http-max-pages <n>", "pages at most (10000)", numberIn("--http-max-pages", 1, 1e9, true))
    .option("--http-max-bytes <size>", "bytes to read at most, as 500MB (4GB)", bytesOf("--http-max-bytes"))
    .option(
      "--http-timeout <duration>",
      "time for the whole source, as 60s or 5m (10m)",
      secondsOf("--http-timeout"),
    )
    .option(
      "--http-retries <n>",
      "times that a failed request is tried again (4)",
      numberIn("--http-retries", 0, 100, true),
    )
    .option("--allow-private", "read addresses of this machine and of private networks too")
    .hook("preAction", async (_, action) => {
      const { requireReadingUsed } = await import("../data/index.ts");
      const flags = action.opts<Reading & { readonly test?: string }>();
      requireReadingUsed(flags, [...action.args, ...(flags.test === undefined ? [] : [flags.test])]);
    });

/** Makes an action for commander of a command's work. */
type Run = <A extends unknown[]>(
  work: (...given: A) => Promise<number | void>,
) => (...given: A) => Promise<void>;

/** All commands; each action goes through `run`, which keeps its exit code. */
function createProgram(run: Run): Command {
  const program = new Command("millwright")
    .description("Machine learning engineering in TypeScript: from a table to one model.onnx.")
    .version(version)
    // Errors are printed once, by `report`, in the words of all other errors.
    .configureOutput({ outputError: () => {} })
    .exitOverride();

  readingOptions(
    program
      .command("look")
      .description("show what a table holds and what is wrong with it")
      .argument("<source...>", "files, globs, http(s):// or s3:// addresses, or a database URL")
      .option("--target <column>", "the column to predict")
      .option(...columnOption),
  )
    .option(...jsonOption)
    .action(run(async (source, flags) => (await import("./commands/look.ts")).look(source, flags)));

  readingOptions(
    program
      .command("check")
      .description("check a table against expectations, or write them from a reference table")
      .argument("<source...>", "files, globs or a database URL")
      .option("--expect <file>", "expectations to check the table against")
      .option("--write <file>", "write what to expect of a table like this one")
      .option(
        "--margin <share>",
        "with --write: room beyond what the reference holds (0.1)",
        numberIn("--margin", 0, 10),
      )
      .option(
        "--now <datetime>",
        "with --expect: the time that ages are counted back from; the clock unless told",
      )
      .option(...columnOption),
  )
    .option(...jsonOption)
    .action(run(async (source, flags) => (await import("./commands/check.ts")).check(source, flags)));

  const data = program.command("data").description("work on versions of a table");
  readingOptions(
    data
      .command("diff")
      .description("show what changed between two versions of a table: columns, rows, distributions")
      .argument("<before>", "a file, a glob or a database URL")
      .argument("<after>", "the other version")
      .option("--id <columns>", "the columns that name a row, comma-separated", wordsOf("--id"))
      .option("--max-changed <limit>", "rows that may change: 20, or 5%", rowLimit("--max-changed"))
      .option("--max-added <limit>", "rows that may be added: 20, or 5%", rowLimit("--max-added"))
      .option("--max-removed <limit>", "rows that may be removed: 20, or 5%", rowLimit("--max-removed"))
      .option(
        "--max-drift <distance>",
        "how far the values of a column may move, 0 to 1",
        numberIn("--max-drift", 0, 1),
      )
      .option(...columnOption),
  )
    .option(...jsonOption)
    .action(
      run(async (before, after, flags) => (await import("./commands/data.ts")).diff(before, after, flags)),
    );

  readingOptions(
    program
      .command("train")
      .description("train on a table: choose a model honestly, leave model.onnx, report.html and run.json")
      .argument(
        "<source...>",
        "files, globs, http(s):// or s3:// addresses, a database URL, or a folder with a folder of pictures, sounds or texts a class",
      )
      .option("--target <column>", "the column to predict")
      .option("--like <model>", "fit what this file records anew, without a search, instead of --target")
      .option(
        "--task <task>",
        "classification, regression, ordinal (levels in their order), multilabel (any number of labels a row), tags (one a token, of a CoNLL file) or sequence (rows in the order of time); decided from the target unless told",
        oneOf("--task", [
          "classification",
          "regression",
          "ordinal",
          "multilabel",
          "tags",
          "sequence",
        ] as const),
      )
      .option(
        "--labels-by <text>",
        "what stands between the labels of a row in the target: asks for multilabel",
      )
      .option(
        "--order <levels>",
        "levels of the target from the least to the most, as low,medium,high",
        wordsOf("--order"),
      )
      .option("--metric <name>", "what to choose by: rocAuc, logLoss, accuracy, f1, rmse, mae, r2, …")
      .option("--positive <label>", "the label that counts as positive")
      .option(
        "--time <duration>",
        "time to spend, as 60s, 5m, 1h, or 90 for seconds: the command ends by then",
        seconds,
      )
      .option(
        "--budget <units>",
        "work units to spend (about seconds of one core), reproducible",
        numberIn("--budget", 0, Infinity),
      )
      .option("--families <names>", "only these families, comma-separated", wordsOf("--families"))
      .option("--folds <n>", "folds of the cross-validation", numberIn("--folds", 2, 20, true))
      .option(
        "--test-size <share>",
        "share of rows kept untouched for the final figures (0.2)",
        numberIn("--test-size", 0.01, 0.9),
      )
      .option("--test <file>", "untouched rows from another file, or sounds from another folder, instead")
      .option("--validation <file>", "of tags: sentences that choose the epoch and the model")
      .option(...columnOption)
      .option("--keep <columns>", "keep columns that would be left out as leaks", wordsOf("--keep"))
      .option("--drop <columns>", "leave columns out", wordsOf("--drop"))
      .option("--weight <column>", "weight of each row")
      .option(
        "--group <column>",
        "rows of one group never stand on both sides of a split; of a folder of sounds a pattern for paths, the group in parentheses: _(.+)_",
      )
      .option("--time-column <column>", "the past predicts the future: split by this column")
      .option("--id <column>", "names the row; never a feature")
      .option(
        "--against <file>",
        "another model file, of any tool, on the same untouched rows (repeatable)",
        repeated,
      )
      .option(...inputsOption)
      .option(
        "--require <rule>",
        "rocAuc>=0.84, p99Ms<=5 or fileMb<=10 on untouched rows, else exit code 3 (repeatable)",
        repeated,
      )
      .option(
        "--max-latency <duration>",
        "choose among models that answer a row in this time (0.5ms)",
        millisecondsOf("--max-latency"),
      )
      .option("--max-size <bytes>", "choose among files of at most this size (5MB)", bytesOf("--max-size"))
      .option(
        "--class-weight <weights>",
        "balanced, or weights of training rows by label: yes=5,no=1",
        classWeights,
      )
      .option(
        "--cost <fp=1,fn=5>",
        "cost of a false alarm and of a miss: sets the threshold (two classes)",
        costs,
      )
      .option(
        "--net <name>",
        `of pictures: ${either(pictureNets)} (small-cnn); of sounds: ${either(soundNets)} (ds-cnn)`,
        oneOf("--net", [...pictureNets, ...soundNets]),
      )
      .option(
        "--members <n>",
        "of pictures and sounds: so many networks of --net, from the seed and those behind it, whose mean the file answers (1)",
        numberIn("--members", 1, 20, true),
      )
      .option("--image <column>", "the column of a table that holds paths of pictures to learn from")
      .option("--from <file>", "of pictures: an ONNX network to begin with, its last layer replaced")
      .option(
        "--freeze <patterns>",
        "with --from: parameters that stay as they are, such as backbone.**, or none (by the number of pictures)",
        patternsOf("--freeze"),
      )
      .option(
        "--backbone-rate <n>",
        "with --from: factor of the learning rate before the head (0.1)",
        numberIn("--backbone-rate", 0.000001, 10),
      )
      .option(
        "--pixel-mean <levels>",
        "with --from: mean of its levels from 0 to 1, one number or one a channel",
        numbersOf("--pixel-mean"),
      )
      .option(
        "--pixel-deviation <levels>",
        "with --from: what levels less the mean are divided by",
        numbersOf("--pixel-deviation", Number.MIN_VALUE),
      )
      .option(
        "--pixel-layout <layout>",
        "with --from: nchw or nhwc, where its shape does not tell",
        oneOf("--pixel-layout", ["nchw", "nhwc"] as const),
      )
      .option(
        "--image-size <pixels>",
        "of pictures: pixels across and down that the network sees, a multiple of 8 (64)",
        numberIn("--image-size", 16, 512, true),
      )
      .option("--audio <column>", "the column of paths of sounds; --target names their labels")
      .option(
        "--rate <n>",
        "of sounds: samples a second that the network hears (what most files have, at most 16000)",
        numberIn("--rate", 4000, 48_000, true),
      )
      .option(
        "--length <seconds>",
        "of sounds: seconds that the network hears (what 19 of 20 fit into, at most 10)",
        numberIn("--length", 0.2, 60),
      )
      .option(
        "--epochs <n>",
        "of pictures, sounds, tags and sequences: times that the network goes through them, at most (30; of sounds 12, of tags 8, of sequences 20)",
        numberIn("--epochs", 1, 10_000, true),
      )
      .option(
        "--horizon <n>",
        "of sequences: forecast so many of the next values of the target",
        numberIn("--horizon", 1, 1000, true),
      )
      .option(
        "--steps <n>",
        "of sequences: rows that an answer is made from; found unless told",
        numberIn("--steps", 2, 2000, true),
      )
      .option(
        "--period <n>",
        "of a forecast: steps from one season to the next, 1 for none; found unless told",
        numberIn("--period", 1, 2000, true),
      )
      .option(
        "--coverage <share>",
        "of a forecast: share of new values that its intervals are made to hold (0.9)",
        numberIn("--coverage", 0.5, 0.99),
      )
      .option(
        "--augment <ways>",
        `how they are changed while the network learns, or none (all): pictures by ${pictureChanges.join(", ")}; sounds by ${soundChanges.join(", ")}`,
        someOf("--augment", [...pictureChanges, ...soundChanges]),
      ),
  )
    .option(seedOption[0], seedOption[1], seedOption[2])
    .option(...threadsOption)
    .option("--out <folder>", "where the results go", ".")
    .option(...jsonOption)
    .action(run(async (source, flags) => (await import("./commands/train.ts")).train(source, flags)));

  readingOptions(
    program
      .command("cluster")
      .description("find groups of similar rows, leave model.onnx, report.html and run.json")
      .argument("<source...>", "files, globs, http(s):// or s3:// addresses, or a database URL")
      .option(
        "--clusters <n>",
        "how many; auto, the default, finds the number",
        orAuto(numberIn("--clusters", 1, 1000, true)),
      )
      .option(
        "--method <name>",
        "kmeans, mixture, dbscan or hdbscan",
        oneOf("--method", ["kmeans", "mixture", "dbscan", "hdbscan"] as const),
        "kmeans",
      )
      .option(
        "--eps <distance>",
        "of dbscan: how near rows of one cluster lie to each other; found unless told",
        numberIn("--eps", 1e-12, 1e12),
      )
      .option(
        "--min-rows <n>",
        "of dbscan: rows near a core row; of hdbscan: rows of the smallest cluster",
        numberIn("--min-rows", 2, 1_000_000, true),
      )
      .option("--columns <names>", "compare rows by these columns alone", wordsOf("--columns"))
      .option(...columnOption)
      .option("--keep <columns>", "keep columns that would be left out", wordsOf("--keep"))
      .option("--drop <columns>", "leave columns out", wordsOf("--drop"))
      .option("--id <column>", "names the row; never compared"),
  )
    .option(...seedOption)
    .option(...threadsOption)
    .option("--out <folder>", "where the results go", ".")
    .option(...jsonOption)
    .action(run(async (source, flags) => (await import("./commands/cluster.ts")).cluster(source, flags)));

  readingOptions(
    program
      .command("predict")
      .description("answer every row of a table with a model file")
      .argument("<model>", "a model.onnx")
      .argument(
        "<source...>",
        "files, globs, http(s):// or s3:// addresses, or a database URL; the target is not needed",
      )
      .requiredOption("-o, --out <file>", "where to write the CSV")
      .option("--sample <file>", "lay the answers out like this file: its columns, rows and spelling")
      .option("--image <column>", "of pictures: the column of a table that holds their paths")
      .option("--audio <column>", "of sounds: the column of a table that holds their paths"),
  )
    .option(...threadsOption)
    .option(...jsonOption)
    .action(
      run(async (model, source, flags) =>
        (await import("./commands/predict.ts")).predict(model, source, flags),
      ),
    );

  readingOptions(
    program
      .command("evaluate")
      .description("score a model file on rows, sequences, pictures, sounds or sentences with known answers")
      .argument("<model>", "a model.onnx")
      .argument(
        "<source...>",
        "files, globs, http(s):// or s3:// addresses, or a database URL; folders with a folder of pictures, sounds or texts a class; CoNLL files",
      )
      .option("--metric <names>", "metrics to print first, comma-separated", wordsOf("--metric"))
      .option(
        "--target <column>",
        "the column with the answers, for a file of another tool, and of a table with --image or --audio",
      )
      .option(
        "--task <kind>",
        "for a file of another tool; found from the target unless told",
        oneOf("--task", ["classification", "regression"] as const),
      )
      .option("--positive <label>", "the class that is the event of interest, for such a file")
      .option("--image <column>", "of pictures: the column of a table that holds their paths")
      .option("--audio <column>", "of sounds: the column of a table that holds their paths")
      .option(
        "--group <column>",
        "of pictures and sounds: draw groups whole for the intervals; of folders a pattern for paths, the group in parentheses: _(.+)_",
      )
      .option(...inputsOption)
      .option(
        "--require <rule>",
        "rocAuc>=0.84, p99Ms<=5 or fileMb<=10 on these rows, else exit code 3 (repeatable)",
        repeated,
      ),
  )
    .option(...seedOption)
    .option(...threadsOption)
    .option(...jsonOption)
    .action(
      run(async (model, source, flags) =>
        (await import("./commands/evaluate.ts")).evaluate(model, source, flags),
      ),
    );

  program
    .command("inspect")
    .description("show what a model file takes, answers and knows of itself")
    .argument("<model>", "an .onnx file")
    .option("--graph", "print the graph as text")
    .option(
      "--trainable",
      "say what of the file trains, what blocks training, and where to cut for a new head",
    )
    .option(
      "--shape <input=sizes>",
      "with --trainable: sizes of an input after the batch where the file leaves them open (repeatable)",
      repeated,
    )
    .option("--output <name>", "with --trainable: the value to train on, the first float output unless told")
    .option(...jsonOption)
    .action(run(async (model, flags) => (await import("./commands/inspect.ts")).inspect(model, flags)));

  program
    .command("types")
    .description("write a TypeScript module with the schema and the types of a model file")
    .argument("<model>", "a model.onnx")
    .requiredOption("-o, --out <file>", "where to write the module")
    .option(...jsonOption)
    .action(run(async (model, flags) => (await import("./commands/types.ts")).types(model, flags)));

  program
    .command("eject")
    .description("write how a model file was made as a TypeScript program that makes it again")
    .argument("<model>", "a model.onnx")
    .requiredOption("-o, --out <file>", "where to write the program")
    .option(...jsonOption)
    .action(run(async (model, flags) => (await import("./commands/eject.ts")).eject(model, flags)));

  program
    .command("demo")
    .description("make small data and train on it, saying at each step what an engineer decides and why")
    .argument(
      "[work]",
      "ml: a table and many models; dl: pictures and a network",
      oneOf("demo", ["ml", "dl"] as const),
      "ml",
    )
    .option("--out <folder>", "where the results go; millwright-demo-<work> unless told")
    .option(...seedOption)
    .option(...jsonOption)
    .action(run(async (work, flags) => (await import("./commands/demo.ts")).demo(work, flags)));

  program
    .command("doctor")
    .description("say what runs on this machine and what is missing")
    .option(...jsonOption)
    .action(run(async (flags) => (await import("./commands/doctor.ts")).doctor(flags)));

  return program;
}

/**
 * Runs a command line.
 *
 * @param words - What stands after `millwright`.
 * @returns The exit code: 0 done, 1 the user's mistake, 2 our defect, 3 a stated limit is exceeded.
 */
export async function runCommand(words: readonly string[]): Promise<number> {
  let code = 0;
  const program = createProgram((work) => async (...given) => {
    code = (await work(...given)) ?? 0;
  });
  try {
    await program.parseAsync(words, { from: "user" });
    return code;
  } catch (error) {
    // Help and version end here too, with an exit code of their own.
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    if (error instanceof CommanderError && error.code === "commander.help") return 1;
    return report(
      error instanceof CommanderError ? mistakeOf(error, program, words) : error,
      words.includes("--json"),
    );
  }
}

const codes = {
  "commander.unknownOption": "PARAMETER_UNKNOWN",
  "commander.unknownCommand": "PARAMETER_UNKNOWN",
  "commander.excessArguments": "PARAMETER_UNKNOWN",
  "commander.missingArgument": "PARAMETER_MISSING",
  "commander.missingMandatoryOptionValue": "PARAMETER_MISSING",
  "commander.optionMissingArgument": "PARAMETER_MISSING",
} as const;

/** What commander refuses, in the form of all our errors: what, fix, code. */
function mistakeOf(error: CommanderError, program: Command, words: readonly string[]): MillwrightError {
  const text = error.message.replace(/^error: /, "");
  const said = text.split("\n")[0]!.replace(/\.$/, "");
  const guess = /\(Did you mean (.+)\?\)/.exec(text)?.[1];
  const group = program.commands.find((command) => command.name() === words[0]);
  const inner = group?.commands.find((command) => command.name() === words[1]);
  const known = ["millwright", group?.name(), inner?.name()].filter((name) => name !== undefined);
  const help = `Run \`npx ${known.join(" ")} --help\` for what it takes.`;
  const owner = known.join(" ");
  return new MillwrightError(
    codes[error.code as keyof typeof codes] ?? "PARAMETER_RANGE",
    `${owner}: ${said}${guess === undefined ? "" : `; the nearest is ${guess}`}.`,
    said.includes("'--target")
      ? "Name the column to predict with --target; `npx millwright look` with the same source proposes some."
      : help,
  );
}
