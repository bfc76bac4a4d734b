/** Broken model files, and tables that do not fit a model. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { writeOnnx } from "../../src/graph/index.ts";
import { churnGraph, makeChurnModel } from "../fixtures/churn-model.ts";
import type { BadInput } from "./case.ts";

const { bytes, metadata } = await makeChurnModel();
const columns = metadata.schema.columns.filter((column) => column.role === "feature").map(({ name }) => name);
const cells: Readonly<Record<string, string>> = {
  tenure: "12",
  charges: "80.25",
  plan: "basic",
  paperless: "yes",
  signup: "2021-04-01T00:00:00Z",
  lastCall: "2024-05-31T14:30:00",
  note: "called twice",
  churned: "No",
};

/** Rows for the model, with some cells of the second one changed. */
function rows(names: readonly string[], second: Readonly<Record<string, string>> = {}): string {
  const line = (given: Readonly<Record<string, string>>): string =>
    names.map((name) => given[name] ?? "").join(",");
  return `${names.join(",")}\n${line(cells)}\n${line({ ...cells, ...second })}\n${line(cells)}\n`;
}

const files = { "churn.onnx": bytes, "rows.csv": rows(columns) };
const predict = ["predict", "./churn.onnx", "./rows.csv", "-o", "./answers.csv"];

const tools = join(import.meta.dirname, "../golden/onnx");
const golden = (name: string): Uint8Array => readFileSync(join(tools, name));
const toolFiles = {
  "rows.csv": golden("rows.csv"),
  "columns.onnx": golden("columns.onnx"),
  "matrix.onnx": golden("matrix.onnx"),
  "regression.onnx": golden("regression.onnx"),
  "churn.onnx": bytes,
};
const evaluateTool = (name: string, ...flags: string[]): string[] => [
  "evaluate",
  `./${name}`,
  "./rows.csv",
  ...flags,
];
const refused = (
  name: string,
  command: readonly string[],
  code: BadInput["code"],
  says: readonly string[],
): BadInput => ({ name, files: toolFiles, command, code, says });

const foreignModels: readonly BadInput[] = [
  refused("a file of another tool without a target", evaluateTool("columns.onnx"), "PARAMETER_CONFLICT", [
    "columns.onnx",
    "--target",
  ]),
  refused(
    "a matrix whose columns are not told",
    evaluateTool("matrix.onnx", "--target", "size"),
    "SCHEMA_MISSING_COLUMN",
    ['"X"', "3 columns", "--inputs age,income,rooms"],
  ),
  refused(
    "a matrix with too few columns",
    evaluateTool("matrix.onnx", "--target", "size", "--inputs", "age,income"),
    "SHAPE_MISMATCH",
    ['"X"', "takes 3 columns", "names 2"],
  ),
  refused(
    "a matrix of a column that is not there",
    evaluateTool("matrix.onnx", "--target", "size", "--inputs", "age,incom,rooms"),
    "SCHEMA_MISSING_COLUMN",
    ['"incom"', '"income"'],
  ),
  refused(
    "columns told to a file that finds them by name",
    evaluateTool("columns.onnx", "--target", "buys", "--inputs", "age,income"),
    "PARAMETER_CONFLICT",
    ["columns.onnx", "--inputs"],
  ),
  refused(
    "words in a matrix of numbers",
    evaluateTool("matrix.onnx", "--target", "size", "--inputs", "age,city,rooms"),
    "SCHEMA_WRONG_KIND",
    ['"city"', "numbers"],
  ),
  refused(
    "labels that are not those of the target",
    evaluateTool("columns.onnx", "--target", "size"),
    "SCHEMA_MISMATCH",
    ["columns.onnx", "no, yes", "L, M, S"],
  ),
  refused(
    "a number where probabilities are wanted",
    evaluateTool("regression.onnx", "--target", "buys", "--inputs", "age,income,rooms"),
    "MODEL_INVALID",
    ['"variable"', "no probability"],
  ),
  refused(
    "a target told to a file that says its own",
    evaluateTool("churn.onnx", "--target", "buys"),
    "PARAMETER_CONFLICT",
    ["churn.onnx", '"churned"', "--target"],
  ),
  refused(
    "a file of another target to train against",
    [
      "train",
      "./rows.csv",
      "--target",
      "buys",
      "--against",
      "./churn.onnx",
      "--budget",
      "1",
      "--out",
      "./out",
    ],
    "SCHEMA_MISMATCH",
    ["churn.onnx predicts", '"buys"'],
  ),
  refused(
    "a file to train against that is not there",
    [
      "train",
      "./rows.csv",
      "--target",
      "buys",
      "--against",
      "./none.onnx",
      "--budget",
      "1",
      "--out",
      "./out",
    ],
    "SOURCE_NOT_FOUND",
    ["none.onnx"],
  ),
];

/** The model with the weight of one column changed by a byte. */
function changedByte(): Uint8Array {
  const changed = bytes.slice();
  const weight = Buffer.from(Float64Array.of(1.5).buffer);
  const at = Buffer.from(changed).indexOf(weight);
  changed[at + 6]! ^= 0x08;
  return changed;
}

const foreign = await makeChurnModel((given) => given).then(() => writeOnnx(churnGraph()));
const later = Buffer.from(bytes);
const version = later.indexOf("millwright.format");
later[later.indexOf("1", version)] = "9".charCodeAt(0);

export const badModels: readonly BadInput[] = [
  {
    name: "a model that is not there",
    files: { "rows.csv": rows(columns) },
    command: predict,
    code: "SOURCE_NOT_FOUND",
    says: ["churn.onnx", "train"],
  },
  {
    name: "a folder as a model",
    files: { "churn.onnx": null, "rows.csv": rows(columns) },
    command: predict,
    code: "SOURCE_UNREADABLE",
    says: ["churn.onnx", "folder"],
  },
  {
    name: "an empty model",
    files: { ...files, "churn.onnx": "" },
    command: predict,
    code: "MODEL_INVALID",
    says: ["churn.onnx", "empty"],
  },
  {
    name: "text as a model",
    files: { ...files, "churn.onnx": rows(columns) },
    command: predict,
    code: "MODEL_INVALID",
    says: ["churn.onnx", "ONNX"],
  },
  {
    name: "a truncated model",
    files: { ...files, "churn.onnx": bytes.subarray(0, bytes.length >> 1) },
    command: predict,
    code: "MODEL_INVALID",
    says: ["churn.onnx"],
  },
  {
    name: "a truncated model to inspect",
    files: { ...files, "churn.onnx": bytes.subarray(0, bytes.length - 40) },
    command: ["inspect", "./churn.onnx"],
    code: "MODEL_INVALID",
    says: ["churn.onnx"],
  },
  {
    name: "a model of someone else",
    files: { ...files, "churn.onnx": foreign },
    command: predict,
    code: "MODEL_INVALID",
    says: ["churn.onnx", "millwright.format"],
  },
  {
    name: "types of a model of someone else",
    files: { ...files, "churn.onnx": foreign },
    command: ["types", "./churn.onnx", "-o", "./churn.ts"],
    code: "MODEL_INVALID",
    says: ["churn.onnx", "millwright.format"],
  },
  {
    name: "a model of a later version",
    files: { ...files, "churn.onnx": later },
    command: predict,
    code: "MODEL_VERSION",
    says: ["churn.onnx", "9", "1"],
  },
  {
    name: "a model with a changed byte",
    files: { ...files, "churn.onnx": changedByte() },
    command: predict,
    code: "MODEL_CHANGED",
    says: ["churn.onnx", "golden row", "source"],
  },
  {
    name: "a model with a changed byte to inspect",
    files: { ...files, "churn.onnx": changedByte() },
    command: ["inspect", "./churn.onnx"],
    code: "MODEL_CHANGED",
    says: ["churn.onnx", "golden row"],
  },
  {
    name: "rows without a column of the model",
    files: { ...files, "rows.csv": rows(columns).replace("tenure", "tenur") },
    command: predict,
    code: "SCHEMA_MISSING_COLUMN",
    says: ['"tenure"', 'nearest name is "tenur"'],
  },
  {
    name: "words where the model reads a number",
    files: { ...files, "rows.csv": rows(columns, { charges: "a lot" }) },
    command: predict,
    code: "SCHEMA_BAD_CELL",
    says: ['"charges"', "row 2", '"a lot"', "number"],
  },
  {
    name: "a wall-clock time where the model reads an instant",
    files: { ...files, "rows.csv": rows(columns, { signup: "2021-04-01T00:00:00" }) },
    command: predict,
    code: "SCHEMA_BAD_CELL",
    says: ['"signup"', "row 2", "instant"],
  },
  {
    name: "a day that does not exist",
    files: { ...files, "rows.csv": rows(columns, { lastCall: "2024-02-31T00:00:00" }) },
    command: predict,
    code: "SCHEMA_BAD_CELL",
    says: ['"lastCall"', "row 2", "2024-02-31"],
  },
  {
    name: "a row with a cell too many among two to predict",
    files: {
      ...files,
      "rows.csv": rows(columns)
        .replace(/12,80\.25,basic,/, "12,80,25,basic,")
        .split("\n")
        .slice(0, 3)
        .join("\n"),
    },
    command: predict,
    code: "DATA_RAGGED_ROWS",
    says: ["1 of 2 rows", "7 fields", "line 2 (8 fields)"],
  },
  {
    name: "one row to predict, with a cell too many",
    files: { ...files, "rows.csv": `${rows(columns).split("\n").slice(0, 2).join("\n")},more\n` },
    command: predict,
    code: "DATA_RAGGED_ROWS",
    says: ["1 of 1 rows", "7 fields of the header", "line 2 (8 fields)"],
  },
  {
    name: "rows to predict that all have a decimal comma without quotes",
    files: { ...files, "rows.csv": rows(columns).replaceAll("80.25", "80,25") },
    command: predict,
    code: "DATA_RAGGED_ROWS",
    says: ["3 of 3 rows", "7 fields of the header", "line 2 (8 fields), line 3 (8 fields)"],
  },
  {
    name: "no rows to predict",
    files: { ...files, "rows.csv": `${columns.join(",")}\n` },
    command: predict,
    code: "DATA_EMPTY",
    says: ["no rows"],
  },
  {
    name: "rows to evaluate without the target",
    files,
    command: ["evaluate", "./churn.onnx", "./rows.csv"],
    code: "TARGET_MISSING",
    says: ["rows.csv", '"churned"', "answers"],
  },
  {
    name: "rows to evaluate with an unknown label",
    files: { ...files, "rows.csv": rows([...columns, "churned"], { churned: "Perhaps" }) },
    command: ["evaluate", "./churn.onnx", "./rows.csv"],
    code: "SCHEMA_WRONG_KIND",
    says: ["Row 2", '"Perhaps"', "No, Yes"],
  },
  {
    name: "rows to evaluate without an answer",
    files: { ...files, "rows.csv": rows([...columns, "churned"]).replaceAll("No", "") },
    command: ["evaluate", "./churn.onnx", "./rows.csv"],
    code: "TARGET_MISSING",
    says: ['"churned"', "3 rows"],
  },
  {
    name: "an unknown metric to evaluate by",
    files: { ...files, "rows.csv": rows([...columns, "churned"], { churned: "Yes" }) },
    command: ["evaluate", "./churn.onnx", "./rows.csv", "--metric", "acuracy"],
    code: "PARAMETER_UNKNOWN",
    says: ['"acuracy"', '"accuracy"'],
  },
  {
    name: "a metric of the other task to evaluate by",
    files: { ...files, "rows.csv": rows([...columns, "churned"], { churned: "Yes" }) },
    command: ["evaluate", "./churn.onnx", "./rows.csv", "--metric", "rmse"],
    code: "PARAMETER_CONFLICT",
    says: ["rmse", "regression"],
  },
  ...foreignModels,
];

/** A command that works, to be given bad places for its output. */
export const goodPrediction = { files, predict };
