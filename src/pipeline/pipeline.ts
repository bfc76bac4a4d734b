/**
 * A pipeline in code: a schema literal, features chosen by typed column references,
 * one family. Fitting it gives a typed model and the bytes of its file.
 *
 * A wrong column name, the target as a feature, or a text column given to `scale`
 * does not compile; neither does predicting before fitting.
 */
import { canonicalJson, createRandom, MillwrightError, sha256 } from "../core/index.ts";
import { type Table, writeWhole } from "../data/index.ts";
import type { Estimator } from "../estimators/index.ts";
import { forLevels } from "../estimators/ordinal/index.ts";
import {
  type Chain,
  type ColumnRefs,
  columnsOf,
  defaultChains,
  graphInputs,
  type PlanStyle,
  type Union,
} from "../features/index.ts";
import { graph, simplify, writeOnnx } from "../graph/index.ts";
import { load, type Model } from "../model/index.ts";
import {
  type ColumnSchema,
  featureColumns,
  type Frame,
  kindOf,
  labelsOf,
  type Schema,
  takeRows,
  targetColumn,
  type TypedSchema,
} from "../schema/index.ts";
import { composeModel } from "./compose.ts";
import { type FittedPipeline, fitRecipe } from "./fit.ts";
import { referenceProfile } from "./profile.ts";
import {
  encodeTarget,
  levelsTask,
  readTask,
  requireFreeOutputNames,
  rowsWithTarget,
  type Task,
} from "./target.ts";

export type PipelineOptions<C extends ColumnSchema> = PipelineParts<C> & PipelineTask<C>;

interface PipelineParts<C extends ColumnSchema> {
  /** Made by `defineSchema`; exactly one column has the role target. */
  readonly schema: TypedSchema<C>;
  /** Chains of steps on columns of the schema, or the default plan for a style of family. */
  readonly features: ((columns: ColumnRefs<TypedSchema<C>>) => readonly (Chain | Union)[]) | PlanStyle;
  readonly estimator: Estimator;
  /**
   * Feature columns that no step reads, such as those that a selection drops, stay inputs of the file, so that it
   * loads with the literal. Default true. With false the file takes the other columns alone, and
   * `npx millwright types` writes its schema.
   */
  readonly keepInputs?: boolean;
}

/** What is learnt: labels or a number as the target's kind says, or levels in their order. */
type PipelineTask<C extends ColumnSchema> =
  | {
      readonly task?: undefined;
      /** The label that counts as positive, where there are two. */
      readonly positive?: string;
    }
  | {
      /**
       * The labels of the target, a category, are levels: 3 to 30, from the least to the most as the schema names
       * them; where it names none, numbers ascend and words of a known scale stand in its order. The prediction is
       * the median level. A family that does not read the order is fitted once a cut, "above this level or not".
       */
      readonly task: LevelsOf<C>;
      readonly positive?: never;
    };

/** "ordinal", where the target is a category. */
type LevelsOf<C extends ColumnSchema> =
  Extract<C, { readonly role: "target" }> extends { readonly kind: "category" } ? "ordinal" : never;

export interface PipelineFitOptions {
  /** Of every random choice; default 0. */
  readonly seed?: number;
  readonly threads?: number;
  readonly signal?: AbortSignal;
}

export interface TrainedPipeline<S extends Schema> {
  /** The loaded file: what is judged is what is shipped. */
  readonly model: Model<S>;
  /** The bytes of the file. */
  readonly bytes: Uint8Array;
  /** What was fitted, for a look inside. */
  readonly fitted: FittedPipeline;
  /** Writes the file, whole or not at all. @throws MillwrightError `OUTPUT_UNWRITABLE`. */
  save(path: string): void;
}

export interface Pipeline<C extends ColumnSchema> {
  /**
   * @param table - A table, or columns in memory, with the schema's columns. Rows without a target are left out.
   * @throws MillwrightError `SCHEMA_MISSING_COLUMN`, `SCHEMA_WRONG_KIND`, `TARGET_CONSTANT`, `DATA_TOO_FEW_ROWS`,
   *   for levels `PARAMETER_MISSING` where their order is not known and `PARAMETER_CONFLICT` where they are too few or
   *   too many, and what the steps and the family throw.
   */
  fit(table: Table | Frame, options?: PipelineFitOptions): Promise<TrainedPipeline<TypedSchema<C>>>;
}

/**
 * @throws MillwrightError `SCHEMA_ROLE` unless the schema has one target and a feature, `SCHEMA_WRONG_KIND` for levels
 *   of a target that is no category, `PARAMETER_CONFLICT` for a family that does not learn such a target.
 */
export function pipeline<const C extends ColumnSchema>(options: PipelineOptions<C>): Pipeline<C> {
  const { schema, estimator } = options;
  const targets = schema.columns.filter((column) => column.role === "target").length;
  if (targets !== 1 || featureColumns(schema).length === 0) {
    throw new MillwrightError(
      "SCHEMA_ROLE",
      `A pipeline needs one target and at least one feature, and the schema has ${targets} and ${featureColumns(schema).length}.`,
      'Give one column { role: "target" }.',
    );
  }
  const target = targetColumn(schema)!;
  if (options.task === "ordinal" && target.kind !== "category") {
    throw new MillwrightError(
      "SCHEMA_WRONG_KIND",
      `Levels are the labels of a category, and the target "${target.name}" is a ${target.kind} column.`,
      'Declare it category({ role: "target", labels }) with its levels from the least to the most.',
    );
  }
  const task = target.kind === "number" ? "regression" : "classification";
  if (!estimator.tasks.includes(task)) {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `${estimator.family} does ${estimator.tasks.join(" and ")}, and the target "${target.name}" asks for ${task}.`,
      "Choose another family.",
    );
  }
  return { fit: (table, how = {}) => fit(options, target, table, how) };
}

async function fit<C extends ColumnSchema>(
  options: PipelineOptions<C>,
  target: ColumnSchema,
  table: Table | Frame,
  { seed = 0, threads = 1, signal }: PipelineFitOptions,
): Promise<TrainedPipeline<TypedSchema<C>>> {
  const { schema, features, estimator, keepInputs = true } = options;
  const whole = framed(
    schema,
    "read" in table ? await table.read(schema.columns.map((column) => column.name)) : table,
  );
  requireFreeOutputNames(schema);
  const rows = rowsWithTarget(whole, target.name);
  const frame = rows.length === whole.rowCount ? whole : takeRows(whole, rows);
  const task = taskOf(options, target, frame);
  const y = encodeTarget(frame, task);
  const random = createRandom(seed);
  const chains =
    typeof features === "string"
      ? defaultChains(schema, features, { frame, target: true })
      : features(columnsOf(schema));
  const fitted = await fitRecipe(
    { chains, estimator: forLevels(estimator, y) },
    { frame, y },
    { random, threads, ...(signal && { signal }) },
  );
  const inputs = graphInputs(schema, fitted.features.columns);
  const read = keepInputs
    ? featureColumns(schema).map((column) => column.name)
    : [...fitted.features.columns];
  const fragment = writeOnnx(
    simplify(graph({ inputs: [...inputs.values()], outputs: { answer: fitted.emit(inputs) } })),
  );
  const composed = await composeModel({
    schema,
    task,
    members: [{ fragment, weight: 1 }],
    keepInputs,
    about: {
      card: {
        summary: `Predicts "${target.name}" from ${read.length} columns.`,
        members: [
          {
            family: estimator.family,
            weight: 1,
            parameters: estimator.parameters,
            summary: fitted.model.summary,
          },
        ],
        policy: {},
        software: "millwright",
      },
      profile: referenceProfile(frame, read),
      data: {
        rowCount: frame.rowCount,
        columnCount: schema.columns.length,
        sha256: await fingerprint(table, frame),
      },
      recipe: {
        seed,
        options: {
          family: estimator.family,
          parameters: estimator.parameters,
          ...(options.task && { task: options.task }),
        },
        software: "millwright",
      },
    },
    random: random.child("compose"),
  });
  const bytes = composed.write();
  return {
    // A row of the literal has what a file of fewer inputs asks for, and more.
    model: await load<TypedSchema<C>>(bytes, keepInputs ? schema : undefined, { name: "model.onnx" }),
    bytes,
    fitted,
    save: (path) => writeWhole({ [path]: bytes }),
  };
}

/** What the target asks for; labels stand as the schema names them, where it does. */
function taskOf<C extends ColumnSchema>(
  { task, positive }: PipelineOptions<C>,
  target: ColumnSchema,
  frame: Frame,
): Task {
  const labels = labelsOf(target);
  if (task === "ordinal")
    return labels ? levelsTask(frame, target.name, labels) : readTask(frame, target, { kind: "ordinal" });
  const found = readTask(frame, target, {
    kind: target.kind === "number" ? "regression" : "classification",
    positive,
  });
  return found.kind === "classification" && labels !== undefined ? { ...found, classes: labels } : found;
}

/** The frame with the literal's roles, once its kinds are those of the literal. */
function framed(schema: Schema, frame: Frame): Frame {
  for (const column of schema.columns) {
    const given = frame.schema.columns.find((other) => other.name === column.name);
    if (given === undefined || !frame.columns.has(column.name)) {
      throw new MillwrightError(
        "SCHEMA_MISSING_COLUMN",
        `The table has no column "${column.name}" (${kindOf(column)}) among its ${frame.columns.size}.`,
        "Bring it, or take it out of the schema.",
      );
    }
    if (kindOf(given) !== kindOf(column)) {
      throw new MillwrightError(
        "SCHEMA_WRONG_KIND",
        `The column "${column.name}" is ${kindOf(given)} in the table and ${kindOf(column)} in the schema.`,
        "Open the table with { schema }, or change the schema.",
      );
    }
  }
  return { ...frame, schema };
}

async function fingerprint(table: Table | Frame, frame: Frame): Promise<string> {
  if ("fingerprint" in table) return await table.fingerprint();
  return sha256(
    canonicalJson(
      [...frame.columns].map(([name, cells]) =>
        cells.type === "number"
          ? [name, sha256(new Uint8Array(cells.values.slice().buffer))]
          : [
              name,
              sha256(new Uint8Array(cells.codes.slice().buffer)),
              sha256(canonicalJson(cells.dictionary)),
            ],
      ),
    ),
  );
}
