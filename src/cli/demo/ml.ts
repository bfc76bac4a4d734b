/** `millwright demo ml`: the work of a machine-learning engineer on a small table, narrated. */
import { join } from "node:path";
import { findings, openTable, prepareFolder, profile, type Table, writeWhole } from "../../data/index.ts";
import { requireOurResults } from "../../pipeline/index.ts";
import { demoCsv, type RunRecord, saveRun, trainTable } from "../../tasks/index.ts";
import { type RunContext, runAndSave } from "../run-and-save.ts";
import { counted, dim, figure, findingLine, interval, percent, table } from "../terminal.ts";
import { answersOf } from "./answers.ts";
import { narrator, type Step } from "./narrate.ts";

export interface DemoFlags {
  readonly out: string;
  readonly seed: number;
  readonly json?: boolean;
}

const rowCount = 4000;
const newRows = 5;
const target = "left";
/** Lines of the board that are shown. */
const shown = 5;

export async function demoTable(flags: DemoFlags): Promise<void> {
  const { availableParallelism } = await import("node:os");
  const { out, seed, json = false } = flags;
  const folder = prepareFolder(out);
  requireOurResults(folder, ["customers.csv", "new-customers.csv", "model.onnx", "report.html", "run.json"]);
  const path = join(folder, "customers.csv");
  const fresh = join(folder, "new-customers.csv");
  writeWhole({ [path]: demoCsv(rowCount, seed), [fresh]: demoCsv(newRows, seed + 1) });
  const tell = narrator(json);
  tell({
    title: "The question",
    decision:
      "First an engineer decides what one row is, what is to be foretold, and what is known at that moment: here a row is a customer of an invented phone company, and the answer is whether the customer leaves.",
    seen: [`made ${path}; the answer is in its column "${target}"`],
  });
  if (!json) await tellData(path, tell);
  const record = await runAndSave(
    flags,
    (context: RunContext) =>
      trainTable({ source: [path], target, budget: 20, seed, threads: availableParallelism(), ...context }),
    saveRun,
    (told, model) => tellRun(told, model, out, tell),
  );
  if (json) return;
  const answers = join(folder, "answers.csv");
  tell({
    title: "In use",
    decision:
      "The application gives the file raw rows, as they came, because every step of preparation is inside it and nothing can be done differently there.",
    seen: [
      `${dim("$")} npx millwright predict ${join(out, "model.onnx")} ${fresh} -o ${answers}`,
      ...(await answersOf(join(folder, "model.onnx"), fresh, answers)),
    ],
  });
  tell({
    title: "Afterwards",
    decision:
      "Customers change, so the engineer compares new data with old, and fits the same recipe anew where it got worse.",
    seen: [
      `${dim("$")} npx millwright data diff ${path} newer.csv`,
      `${dim("$")} npx millwright train newer.csv --like ${join(out, "model.onnx")}`,
      `${dim("this run again, same file:")} ${record.reproduce}`,
    ],
  });
}

/** What is in the table, and what is wrong with it. */
async function tellData(path: string, tell: (step: Step) => void): Promise<void> {
  const opened = await openTable(path);
  try {
    await tellTable(opened, tell);
  } finally {
    await opened.close();
  }
}

async function tellTable(opened: Table, tell: (step: Step) => void): Promise<void> {
  const { columns, rowCount: rows } = await profile(opened, { target });
  const gaps = columns.filter((column) => column.missing > 0);
  tell({
    title: "The data",
    decision:
      "Every column is looked at before any model sees it, because most models that fail in use fail by their data.",
    seen: [
      `${counted(rows, "row")}, ${counted(columns.length, "column")}`,
      ...gaps.map((column) => `${column.name}: ${percent(column.missing / rows)} of the cells are missing`),
    ],
  });
  tell({
    title: "What must not be used",
    decision:
      "A column that is known only after the answer makes a model look perfect and be useless, and a number that names a row teaches nothing about the next one, so both are left out.",
    seen: (await findings(opened, { target })).map(findingLine),
  });
}

function tellRun(record: RunRecord, model: string, out: string, tell: (step: Step) => void): void {
  const { data, metric, leaks, leaderboard, test, nullTest } = record;
  tell({
    title: "Rows that nothing looks at",
    decision:
      "A part of the rows is set aside and asked once, at the end, because a figure from rows that helped to choose the model flatters it.",
    seen: [`${data.trainRows} rows to learn and to choose by, ${data.testRows} untouched; ${data.split}`],
  });
  const board = leaderboard.filter(({ rank, family }) => rank <= shown || family === "baseline");
  tell({
    title: "The race",
    decision: `No family of algorithms is best on every table, so several run on the same ${data.folds} folds, beside a baseline that knows nothing.`,
    seen: table(
      [
        ["model", metric.title, "95 % interval"],
        ...board.map(({ name, score, low, high }) => [name, figure(score), interval(low, high)]),
      ],
      [false, true, true],
    ),
  });
  tell({
    title: "The choice",
    decision:
      "The engineer takes the best, unless a simpler model is as good within the noise, and makes sure that the method itself finds nothing where nothing is.",
    seen: [
      `chosen: ${record.chosen}`,
      ...(record.simpler === undefined
        ? []
        : [`simpler and as good within the noise: ${record.simpler.name}`]),
      ...(nullTest === undefined
        ? []
        : [`with shuffled answers the same work scores ${figure(nullTest.score)}, as chance does`]),
    ],
  });
  const [first] = test.metrics;
  tell({
    title: "The verdict",
    decision: "Now the untouched rows are asked, once, and the figure comes with its uncertainty.",
    seen: [
      `${first!.title} ${figure(first!.value)} (${interval(first!.low, first!.high)}) on ${test.rows} rows; doing nothing ${figure(first!.baseline)}`,
      ...leaks.map(
        (leak) =>
          `with ${leak.column} a small fit scores ${figure(leak.withColumn)}, without it ${figure(leak.without)}: that is the lie that was left out`,
      ),
    ],
  });
  tell({
    title: "What it goes by, and where it errs",
    decision:
      "A model is trusted when what it goes by makes sense to somebody who knows the matter, and when it is known for whom it is worse.",
    seen: [
      `by importance: ${record.importance
        .slice(0, 3)
        .map(({ column }) => column)
        .join(", ")}`,
      ...record.segments
        .slice(0, 2)
        .map(({ segment, rows, score }) =>
          score === undefined
            ? `worse for ${segment} (${rows} rows)`
            : `worse for ${segment} (${rows} rows): ${figure(score)}`,
        ),
    ],
  });
  tell({
    title: "The file",
    decision:
      "Preparation and model are shipped as one file, so that what runs in the application is what was tested.",
    seen: [
      `${model}, ${(record.model.bytes / 1e6).toFixed(2)} MB`,
      `${join(out, "report.html")} says all this with pictures, for people who are not experts`,
      `${dim("$")} npx millwright types ${model} -o customers.ts`,
    ],
  });
}
