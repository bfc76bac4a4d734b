/**
 * The metadata of a model file: typed in memory, one JSON text a key in the file.
 *
 * `encodeMetadata` and `decodeMetadata` are inverse and both check: a file that
 * was written can be read, and a file that was tampered with is one clear error.
 */
import { canonicalJson, type Json, MillwrightError } from "../core/index.ts";
import { answersOf, featureColumns, labelsOf, type Schema, targetColumn } from "../schema/index.ts";
import { type FromJsonSchema, findProblem } from "./json-schema.ts";
import { formatVersion, metadataSchemas } from "./metadata-schemas.ts";

type Of<K extends keyof typeof metadataSchemas> = FromJsonSchema<(typeof metadataSchemas)[K]>;

/** What is predicted. */
export type ModelTask = Of<"millwright.task">;
/** Synthetic rows and the graph's answers. */
export type GoldenRows = Of<"millwright.golden">;
/** The model card. */
export type ModelCard = Of<"millwright.card">;
/** How good the file is. */
export type ModelMetrics = Of<"millwright.metrics">;
/** Fingerprint of the training table. */
export type DataFingerprint = Of<"millwright.data">;
/** Distribution of each column in training. */
export type ReferenceProfile = Of<"millwright.profile">;
/** Distribution of one column. */
export type Distribution = ReferenceProfile["columns"][string];
/** What makes the same file again. */
export type ModelRecipe = Of<"millwright.recipe">;

/** All that a model file says about itself. Its keys in the file are `millwright.` + the name here. */
export interface ModelMetadata {
  readonly schema: Schema;
  readonly task: ModelTask;
  /** Labels in the order of `probabilities`; absent for regression. */
  readonly classes?: readonly string[];
  readonly golden: GoldenRows;
  readonly card?: ModelCard;
  readonly metrics?: ModelMetrics;
  readonly data?: DataFingerprint;
  readonly profile?: ReferenceProfile;
  /** Most rows of one run; 1,024 where absent. */
  readonly batch?: Of<"millwright.batch">;
  readonly recipe?: ModelRecipe;
}

/** The second output of the graph: what stands beside `prediction`, where something does. */
export function besideOf({
  schema,
}: Pick<ModelMetadata, "schema">): "probabilities" | "distances" | undefined {
  const answers = answersOf(targetColumn(schema)!);
  if (answers === "labels") return "probabilities";
  return answers === "probabilities" || answers === "distances" ? answers : undefined;
}

/** Of a forecast: how many values an answer holds. */
export function horizonOf({ schema }: Pick<ModelMetadata, "schema">): number | undefined {
  const target = targetColumn(schema);
  return target?.kind === "number" ? target.horizon : undefined;
}

/** Outputs of the graph beside `prediction`. */
export function besidesOf(
  metadata: Pick<ModelMetadata, "schema">,
): readonly ("probabilities" | "distances" | "low" | "high")[] {
  const target = targetColumn(metadata.schema);
  if (target?.kind === "number" && target.coverage !== undefined) return ["low", "high"];
  const beside = besideOf(metadata);
  return beside === undefined ? [] : [beside];
}

/** Bytes of one metadata value that are read at most. */
const maxValueLength = 64 * 1024 * 1024;

/**
 * The metadata as the file's key-value pairs, to give to the ONNX writer. The classes become the labels of
 * the target in the schema too.
 *
 * @throws MillwrightError `MODEL_INVALID` for metadata that `decodeMetadata` would refuse.
 */
export function encodeMetadata(metadata: ModelMetadata): Record<string, string> {
  const pairs: Record<string, string> = { "millwright.format": String(formatVersion) };
  const { classes } = metadata;
  const columns = metadata.schema.columns.map((column) =>
    classes !== undefined && column.role === "target" ? { ...column, labels: classes } : column,
  );
  for (const [name, value] of Object.entries({ ...metadata, schema: { columns } })) {
    if (value !== undefined) pairs[`millwright.${name}`] = canonicalJson(value as Json);
  }
  decodeMetadata(pairs, "the metadata");
  return pairs;
}

/**
 * Reads and checks the key-value pairs of a file. Keys outside `millwright.` are left alone.
 *
 * @param name - Who is read, for messages: `churn.onnx`.
 * @throws MillwrightError `MODEL_INVALID` where a key is absent, is not JSON, does not fit its schema or contradicts another key.
 * @throws MillwrightError `MODEL_VERSION` for a file of another version of the contract.
 */
export function decodeMetadata(pairs: Readonly<Record<string, string>>, name: string): ModelMetadata {
  checkVersion(pairs, name);
  const metadata: Record<string, unknown> = {};
  for (const [key, text] of Object.entries(pairs)) {
    if (!key.startsWith("millwright.") || key === "millwright.format") continue;
    if (!Object.hasOwn(metadataSchemas, key)) {
      throw invalid(name, `has the unknown metadata key ${JSON.stringify(key.slice(0, 60))}`);
    }
    const value = parse(text, name, key);
    const problem = findProblem(metadataSchemas[key as keyof typeof metadataSchemas], value, key);
    if (problem !== undefined) throw invalid(name, `has broken metadata: ${problem}`);
    metadata[key.slice("millwright.".length)] = value;
  }
  for (const key of ["schema", "task", "golden"]) {
    if (metadata[key] === undefined) throw invalid(name, `has no metadata key millwright.${key}`);
  }
  const complete = metadata as unknown as ModelMetadata;
  const contradiction = findContradiction(complete);
  if (contradiction !== undefined) throw invalid(name, `contradicts itself: ${contradiction}`);
  return complete;
}

function checkVersion(pairs: Readonly<Record<string, string>>, name: string): void {
  const version = Object.hasOwn(pairs, "millwright.format") ? pairs["millwright.format"]! : undefined;
  if (version === undefined) {
    throw invalid(name, "is an ONNX file without the metadata key millwright.format");
  }
  if (version === String(formatVersion)) return;
  throw new MillwrightError(
    "MODEL_VERSION",
    `${name} has version ${JSON.stringify(version.slice(0, 20))} of the model file, and this program reads version ${formatVersion}.`,
    "Load it with the version of millwright that wrote it, or train it again.",
  );
}

function parse(text: string, name: string, key: string): unknown {
  if (text.length > maxValueLength) throw invalid(name, `holds ${text.length} characters under ${key}`);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw invalid(name, `holds no JSON under ${key}`, cause);
  }
}

/** The laws between keys that a JSON Schema cannot say. */
function findContradiction(metadata: ModelMetadata): string | undefined {
  const { schema, task, classes, golden } = metadata;
  const names = new Set(schema.columns.map((column) => column.name));
  if (names.size < schema.columns.length) return "two columns of the schema have one name";
  const features = featureColumns(schema);
  if (features.length === 0) return "no column of the schema is a feature";
  const clash = features.find(
    ({ name }) =>
      name === "prediction" ||
      name === "probabilities" ||
      (name === "distances" && task.kind === "clustering"),
  );
  if (clash !== undefined) return `the feature "${clash.name}" is named like an output of the graph`;
  const target = targetColumn(schema);
  if (target?.name !== task.target) return `the task predicts "${task.target}", and the schema does not`;
  const classifies = task.kind !== "regression" && task.kind !== "forecast";
  if (classifies !== (classes !== undefined)) {
    return `a ${task.kind} task ${classifies ? "needs" : "has no"} millwright.classes`;
  }
  const fitting = classifies ? ["category", "boolean"] : ["number"];
  if (!fitting.includes(target.kind)) return `a ${task.kind} task has a target of kind ${target.kind}`;
  if (classes !== undefined && canonicalJson(labelsOf(target) ?? null) !== canonicalJson(classes)) {
    return "the target's labels differ from millwright.classes";
  }
  const horizon = horizonOf(metadata);
  if ((task.kind === "forecast") !== (horizon !== undefined)) {
    return `a ${task.kind} task has a target ${horizon === undefined ? "without" : "with"} a horizon`;
  }
  if (target.kind === "number" && target.coverage !== undefined && task.kind !== "forecast")
    return `a ${task.kind} task has a target with a coverage`;
  const beside = answersOf(target);
  if ((task.kind === "multilabel") !== (beside === "labels")) {
    return `a ${task.kind} task has a target that answers ${beside}`;
  }
  if (task.kind === "multilabel" && task.thresholds?.length !== classes!.length) {
    return `${classes!.length} labels have ${task.thresholds?.length ?? 0} thresholds`;
  }
  if ((task.kind === "tags") !== (beside === "tags"))
    return `a ${task.kind} task has a target that answers ${beside}`;
  if (task.kind === "tags" && (features.length !== 1 || features[0]!.kind !== "tokens"))
    return "a tags task reads other columns than one of tokens";
  if (task.kind !== "tags" && features.some(({ kind }) => kind === "tokens"))
    return `a ${task.kind} task reads tokens`;
  if (task.kind !== "clustering" && (beside === "distances" || beside === "label")) {
    return `a ${task.kind} task has no answers but probabilities`;
  }
  if (task.kind === "binary" && classes!.length > 2) return `a binary task has ${classes!.length} classes`;
  if (task.positive !== undefined && classes?.includes(task.positive) !== true) {
    return `the positive label "${task.positive}" is not a class`;
  }
  if (task.constant !== undefined && task.constant.length !== (classes?.length ?? horizon ?? 1)) {
    return `doing nothing answers ${task.constant.length} numbers, and the file ${classes?.length ?? horizon ?? 1}`;
  }
  return findGoldenProblem(
    golden,
    features.map((column) => column.name),
    classes,
    beside,
    horizon,
    besidesOf(metadata).includes("low"),
  );
}

function findGoldenProblem(
  golden: GoldenRows,
  features: readonly string[],
  classes: readonly string[] | undefined,
  beside: ReturnType<typeof answersOf>,
  horizon: number | undefined,
  interval: boolean,
): string | undefined {
  const count = golden.prediction.length;
  if (Object.keys(golden.inputs).length !== features.length) {
    return `the golden rows have ${Object.keys(golden.inputs).length} columns for ${features.length} features`;
  }
  for (const name of features) {
    if (!Object.hasOwn(golden.inputs, name)) return `the golden rows lack the column "${name}"`;
    if (golden.inputs[name]!.length !== count)
      return `the golden rows have ${count} answers for another number of cells`;
  }
  if (horizon !== undefined) {
    const whole = (row: unknown): boolean => Array.isArray(row) && row.length === horizon;
    if (!golden.prediction.every(whole)) return `a golden answer is not ${horizon} numbers`;
    for (const end of ["low", "high"] as const) {
      const rows = golden[end];
      if (!interval && rows !== undefined) return "the golden rows have intervals, and the file gives none";
      if (interval && !(rows?.length === count && rows.every(whole)))
        return `the golden ${end} ends are not ${count} × ${horizon}`;
    }
    return undefined;
  }
  const type = classes === undefined ? "number" : "string";
  if (golden.prediction.some((answer) => typeof answer !== type)) return `a golden answer is not a ${type}`;
  for (const what of ["probabilities", "distances"] as const) {
    const rows = golden[what];
    if ((beside === "labels" ? "probabilities" : beside) !== what) {
      if (rows !== undefined) return `${what} are no answer of the file, and its golden rows have some`;
      continue;
    }
    const width = classes!.length;
    if (rows?.length !== count || rows.some((row) => row.length !== width))
      return `the golden ${what} are not ${count} × ${width}`;
  }
  return undefined;
}

function invalid(name: string, what: string, cause?: unknown): MillwrightError {
  return new MillwrightError(
    "MODEL_INVALID",
    `${name} ${what}.`,
    "Train it again, or take the file from its source again.",
    { cause },
  );
}
