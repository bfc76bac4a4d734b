/** Places where results cannot be written. */
import type { BadInput } from "./case.ts";
import { goodTable, train } from "./case.ts";
import { goodPrediction } from "./models.ts";

const files = { "data.csv": goodTable() };
const into = (out: string): readonly string[] => [
  "train",
  "./data.csv",
  "--target",
  "price",
  "--budget",
  "1",
  "--out",
  out,
];
const { files: modelFiles } = goodPrediction;

export const badOutputs: readonly BadInput[] = [
  {
    name: "a file in the place of the output folder",
    files: { ...files, out: "mine\n" },
    command: train(),
    code: "OUTPUT_EXISTS",
    says: ["out", "file", "--out"],
  },
  {
    name: "a file in the way to the output folder",
    files: { ...files, results: "mine\n" },
    command: into("./results/today/out"),
    code: "OUTPUT_EXISTS",
    says: ["results", "file", "--out"],
  },
  ...["model.onnx", "report.html", "run.json"].map((name) => ({
    name: `a ${name} that is not ours`,
    files: { ...files, [`out/${name}`]: "mine\n" },
    command: train(),
    code: "OUTPUT_EXISTS" as const,
    says: [name, "was not written by Millwright", "--out"],
  })),
  {
    name: "customers of one's own where the demo would write",
    files: { "customers.csv": "name,age\nAnn,31\n" },
    command: ["demo", "--out", "./"],
    code: "OUTPUT_EXISTS",
    says: ["customers.csv", "was not written by Millwright"],
  },
  {
    name: "an output folder that the system refuses",
    files,
    command: into("/proc/millwright-out"),
    code: "OUTPUT_UNWRITABLE",
    says: ["/proc/millwright-out", "--out"],
  },
  ...(
    [
      ["predictions in the place of their rows", "rows.csv", ["predict", "./churn.onnx", "./rows.csv"]],
      [
        "predictions in the place of rows that a pattern names",
        "rows.csv",
        ["predict", "./churn.onnx", "./r*s.csv"],
      ],
      [
        "predictions in the place of the database that holds their rows",
        "rows.db",
        ["predict", "./churn.onnx", "./rows.db?table=rows"],
      ],
      ["predictions in the place of the model", "churn.onnx", ["predict", "./churn.onnx", "./rows.csv"]],
      ["types in the place of the model", "churn.onnx", ["types", "./churn.onnx"]],
      ["a program in the place of the model that it makes", "churn.onnx", ["eject", "./churn.onnx"]],
    ] as const
  ).map(([name, place, words]) => ({
    name,
    files: { "rows.db": "any", ...modelFiles },
    command: [...words, "-o", `./${place}`],
    code: "OUTPUT_EXISTS" as const,
    says: [place, "read here", "--out"],
  })),
  {
    name: "predictions into a folder that is not there",
    files: modelFiles,
    command: ["predict", "./churn.onnx", "./rows.csv", "-o", "./nowhere/answers.csv"],
    code: "OUTPUT_UNWRITABLE",
    says: ["answers.csv", "no folder", "nowhere"],
  },
  {
    name: "predictions in the place of a folder",
    files: { ...modelFiles, answers: null },
    command: ["predict", "./churn.onnx", "./rows.csv", "-o", "./answers"],
    code: "OUTPUT_EXISTS",
    says: ["answers is a folder", "--out"],
  },
  {
    name: "predictions below a file",
    files: modelFiles,
    command: ["predict", "./churn.onnx", "./rows.csv", "-o", "./rows.csv/answers.csv"],
    code: "OUTPUT_EXISTS",
    says: ["rows.csv", "file"],
  },
  {
    name: "types below a file",
    files: modelFiles,
    command: ["types", "./churn.onnx", "-o", "./rows.csv/churn.ts"],
    code: "OUTPUT_EXISTS",
    says: ["rows.csv", "file"],
  },
];
