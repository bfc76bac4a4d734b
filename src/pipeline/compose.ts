/**
 * The one file: fitted fragments blended, decoded, described and proven.
 *
 * Fragments read the same inputs and are averaged by weight; the simplifier then
 * shares what they have in common. The answer becomes a number, or a label by the
 * largest probability (two classes: by the threshold).
 */
import type { Random } from "../core/index.ts";
import { graphInputs } from "../features/index.ts";
import {
  add,
  argMax,
  batchRows,
  cast,
  constant,
  gather,
  type Graph,
  graph,
  greaterOrEqual,
  inline,
  inputName,
  less,
  matMul,
  mul,
  reduceSum,
  simplify,
  slice,
  type Value,
  where,
  writeOnnx,
} from "../graph/index.ts";
import { halfTolerance } from "../metrics/index.ts";
import { encodeMetadata, type ModelMetadata, type ModelMetrics, type ModelTask } from "../model/index.ts";
import { featureColumns, type Schema } from "../schema/index.ts";
import { readFragments } from "./fragments.ts";
import { answerGolden } from "./golden.ts";
import type { Task } from "./target.ts";

/** A fitted pipeline in the blend. */
export interface Member {
  /** ONNX fragment: columns in, `answer` out. */
  readonly fragment: Uint8Array;
  /** Share in the blend; the shares sum to 1. */
  readonly weight: number;
}

export interface ModelParts {
  /** Every column of the training table with its role; columns that no member reads become `ignore`. */
  readonly schema: Schema;
  readonly task: Task;
  readonly members: readonly Member[];
  /** Feature columns that no member reads stay inputs of the file; by default they become `ignore`. */
  readonly keepInputs?: boolean;
  /** Of two classes: positive from this probability on; 0.5 unless told. */
  readonly threshold?: number;
  /** What doing nothing answers: the mean of the target, or the share of each class. */
  readonly constant?: Float64Array;
  /** Applied to the blended probabilities, [batch, classes] → [batch, classes]. */
  readonly calibrate?: (probabilities: Value) => Value;
  /** What else the file says of itself; schema, task, classes and golden rows are added here. */
  readonly about: Required<Pick<ModelMetadata, "card" | "profile" | "data" | "recipe">>;
  readonly random: Random;
}

/** A composed model whose graph is settled; only what is said about it may still change. */
export interface ComposedModel {
  /** The file. The figures are added once they are known: computed by running the file without them. */
  write(metrics?: ModelMetrics): Uint8Array;
}

/** Rows of a run where no value is wide: `model/` takes as many unless the file says less. */
const mostRows = 1024;

/** What the file says of how many rows to run at once, where that is less than usual. */
export function batchOf(whole: Graph): Pick<ModelMetadata, "batch"> {
  const rows = batchRows(whole, mostRows);
  return rows < mostRows ? { batch: { rows } } : {};
}

/** A settled graph that says this of itself, and how many rows to run at once. */
export function composedOf(whole: Graph, said: Omit<ModelMetadata, "batch" | "metrics">): ComposedModel {
  const metadata = { ...batchOf(whole), ...said };
  return {
    write: (metrics) =>
      writeOnnx(whole, { metadata: encodeMetadata({ ...metadata, ...(metrics && { metrics }) }) }),
  };
}

/** Composes the graph and answers its golden rows by running it. */
export async function composeModel(parts: ModelParts): Promise<ComposedModel> {
  const { task, members } = parts;
  const fragments = readFragments(members);
  const used = new Set(fragments.flatMap((fragment) => fragment.inputs.map(inputName)));
  const schema = usedSchema(parts.schema, task, parts.keepInputs === true ? undefined : used);
  const names = featureColumns(schema).map((column) => column.name);
  const inputs = graphInputs(schema, names);
  const answers = fragments.map((fragment, index) =>
    mul(inline(fragment, inputs)["answer"]!, members[index]!.weight),
  );
  const blended = answers.reduce((sum, answer) => add(sum, answer));
  const outputs = decode(task, parts.calibrate?.(blended) ?? blended, parts.threshold ?? 0.5);
  const whole = simplify(graph({ inputs: [...inputs.values()], outputs }));
  const golden = await answerGolden(writeOnnx(whole), schema, parts.about.profile, parts.random);
  return composedOf(whole, {
    schema,
    task: modelTask(parts),
    golden,
    ...parts.about,
    ...(task.kind === "classification" && { classes: task.classes }),
  });
}

function modelTask({ task, threshold = 0.5, constant }: ModelParts): ModelTask {
  const { target } = task;
  const also = constant && { constant: [...constant] };
  if (task.kind === "regression") return { kind: "regression", target, ...also };
  if (task.positive === undefined)
    return { kind: task.ordered === true ? "ordinal" : "multiclass", target, ...also };
  return { kind: "binary", target, positive: task.positive, threshold, ...also };
}

/** The schema as the file keeps it: the target's kind and labels settled, unused columns ignored. */
function usedSchema(schema: Schema, task: Task, used: ReadonlySet<string> | undefined): Schema {
  return {
    columns: schema.columns.map((column) => {
      if (column.name === task.target) {
        return task.kind === "regression" || column.kind === "boolean" || column.kind === "category"
          ? { ...column, role: "target", ...(task.kind === "classification" && { labels: task.classes }) }
          : { name: column.name, kind: "category", role: "target", labels: task.classes };
      }
      if (column.role === "feature" && used?.has(column.name) === false) return { ...column, role: "ignore" };
      return column;
    }),
  };
}

function decode(task: Task, answer: Value, threshold: number): Record<string, Value> {
  if (task.kind === "regression") return { prediction: answer };
  const labels = constant({ dtype: "string", shape: [task.classes.length], data: task.classes });
  const winner =
    task.positive === undefined
      ? task.ordered === true
        ? medianLevel(answer, task.classes.length)
        : argMax(answer, { axis: 1, keepDims: true })
      : positiveFrom(answer, task.classes.indexOf(task.positive), threshold);
  return { prediction: gather(labels, winner), probabilities: answer };
}

/** Level [batch, 1]: the first that half of the probability lies at or below. */
function medianLevel(answer: Value, count: number): Value {
  const sums = Float64Array.from({ length: count * (count - 1) }, (_, at) =>
    Number(Math.floor(at / (count - 1)) <= at % (count - 1)),
  );
  const upTo = matMul(answer, constant({ dtype: "float64", shape: [count, count - 1], data: sums }));
  return reduceSum(cast(less(upTo, 0.5 - halfTolerance), "int64"), { axes: [1], keepDims: true });
}

/** Class index [batch, 1]: the positive one from the threshold on. */
function positiveFrom(answer: Value, positive: number, threshold: number): Value {
  const index = (value: number): Value =>
    constant({ dtype: "int64", shape: [1, 1], data: BigInt64Array.of(BigInt(value)) });
  const share = slice(answer, [positive], [positive + 1], [1]);
  return where(greaterOrEqual(share, threshold), index(positive), index(1 - positive));
}
