/**
 * A network for texts and numbers, as a family: token codes through vectors, sums of runs or convolutions, and a dense
 * head, trained by one ONNX graph a step.
 *
 * It reads features that are places of a text (`tokens`), and numbers beside them. Rows are put in the order of their
 * identities first, as for the perceptron. Training and the shipped network run in float32 on one thread.
 */
import {
  MillwrightError,
  type ParameterTable,
  type ParameterValues,
  resolveParameters,
} from "../../core/index.ts";
import {
  type Estimator,
  type FitContext,
  type Fitted,
  requireFiniteNumbers,
  usableRows,
  softmaxOf,
} from "../../estimators/index.ts";
import type { Matrix } from "../../features/index.ts";
import {
  add,
  cast,
  clip,
  constant,
  div,
  gather,
  inline,
  softmax,
  sub,
  type Value,
} from "../../graph/index.ts";
import { numbersInput, runVectors, textBag, textCnn, type TextInput } from "../architectures/text.ts";
import { crossEntropy } from "../losses.ts";
import { initialise, type Network, type Weights } from "../network.ts";
import { adamw } from "../optimisers.ts";
import { fitFamily, inOrderOfIdentity, keepAside, type SplitRows } from "../family-fit.ts";
import { cosine } from "../schedules.ts";
import { arrayLoader } from "../training/array-loader.ts";
import type { Loader, RowData } from "../training/loader.ts";
import { scoresOf, scoringGraph } from "../training/step.ts";
import { bagReference, cnnReference, denseReference } from "./reference.ts";

export const textNetParameters = {
  architecture: {
    type: "choice",
    default: "bag",
    choices: ["bag", "cnn"],
    meaning:
      "what a text becomes: the sum of its tokens and their runs, or the largest answers of convolutions",
  },
  size: {
    type: "integer",
    default: 16,
    min: 1,
    max: 1024,
    scale: "log",
    meaning: "numbers of a token's vector",
  },
  wordRun: { type: "integer", default: 2, min: 1, max: 5, meaning: "longest run of words that a bag reads" },
  characterRun: {
    type: "integer",
    default: 5,
    min: 1,
    max: 6,
    meaning: "longest run of characters that a bag reads",
  },
  buckets: {
    type: "integer",
    default: 131_072,
    min: 1,
    max: 1_000_000,
    scale: "log",
    meaning: "buckets that a bag tells runs apart by",
  },
  filters: {
    type: "integer",
    default: 64,
    min: 1,
    max: 1024,
    scale: "log",
    meaning: "convolutions of each width",
  },
  hidden: {
    type: "integer",
    default: 0,
    min: 0,
    max: 1024,
    meaning: "units of the layer before the scores",
  },
  dropout: {
    type: "number",
    default: 0.3,
    min: 0,
    max: 0.9,
    meaning: "share of a text's vector left out at a step",
  },
  tokenDropout: {
    type: "number",
    default: 0.3,
    min: 0,
    max: 0.9,
    meaning: "share of tokens left out at a step",
  },
  labelSmoothing: {
    type: "number",
    default: 0.05,
    min: 0,
    max: 0.9,
    meaning: "share of each class spread evenly over all",
  },
  learningRate: {
    type: "number",
    default: 0.003,
    min: 1e-6,
    max: 1,
    scale: "log",
    meaning: "largest step size; it falls to 0 along half a cosine",
  },
  weightDecay: {
    type: "number",
    default: 0.02,
    min: 0,
    max: 10,
    meaning: "share of the weights that decays per unit of step size (AdamW)",
  },
  members: {
    type: "integer",
    default: 1,
    min: 1,
    max: 16,
    meaning: "networks from different first weights; the answer is the mean of their probabilities",
  },
  epochs: { type: "integer", default: 5, min: 1, max: 10_000, meaning: "passes over the rows, at most" },
  patience: {
    type: "integer",
    default: 3,
    min: 1,
    max: 10_000,
    meaning: "passes without a better one after which training ends",
  },
  batchSize: {
    type: "integer",
    default: 64,
    min: 1,
    max: 65_536,
    meaning: "rows of a step, at most: fewer where an epoch would have less than 50 steps",
  },
  validationShare: {
    type: "number",
    default: 0,
    min: 0,
    max: 0.5,
    meaning: "share of the rows kept aside to choose the epoch, where none are given; 0 trains to the last",
  },
} as const satisfies ParameterTable;

type Parameters = ParameterValues<typeof textNetParameters>;

/** Steps that an epoch of few rows still has, and rows that a step has at least for that. */
const leastSteps = 50;
const fewestBatchRows = 8;
/** Training rows that hold a run which a bag reads, as of everything that features read of a text. */
const minRows = 5;
/** Convolutions see so many tokens at once. */
const widths = [2, 3, 4];
/** Numbers further from their mean, in deviations, are taken as this far. */
const farthest = 10;

/**
 * Network for classes of texts, with numbers beside them.
 *
 * @throws MillwrightError from `fit`: `DATA_ONE_CLASS`; `SCHEMA_WRONG_KIND` for a category that is no place of a text;
 *   `FIT_DIVERGED` if the steps were too large for finite weights.
 */
export function textNet(parameters: Partial<Parameters> = {}): Estimator {
  const resolved = resolveParameters("textNet", textNetParameters, parameters);
  return {
    family: "textNet",
    parameters: resolved,
    tasks: ["classification"],
    plan: "tokens",
    async fit(rows, context) {
      const { y } = rows;
      if (y.kind === "regression") {
        throw new MillwrightError(
          "SCHEMA_WRONG_KIND",
          `textNet predicts classes, and the target is a number in ${y.values.length} rows.`,
          "Choose ridge or boosting, or declare the target a category.",
        );
      }
      const usable = inOrderOfIdentity(usableRows("textNet", rows));
      const { inside, aside } = keepAside("textNet", usable, resolved.validationShare, context);
      const reading = readingOf(inside, resolved);
      const net = networkOf(reading, y.classCount, resolved);
      const members: Trained[] = [];
      for (let member = 0; member < resolved.members; member++)
        members.push(await train(net, reading, inside, aside, resolved, context, member));
      return fittedTextNet(net, reading, y.classCount, members, resolved);
    },
  };
}

/** Which features are which, and how numbers are put on one scale. */
interface Reading {
  readonly texts: readonly (TextInput & { readonly places: readonly number[] })[];
  readonly numbers: {
    readonly places: readonly number[];
    readonly mean: Float64Array;
    readonly deviation: Float64Array;
  };
}

function readingOf({ x, weight }: SplitRows, options: Parameters): Reading {
  const sequences = new Map<string, number[]>();
  const places: number[] = [];
  x.features.forEach(({ sequence }, j) => {
    if (sequence === undefined) places.push(j);
    else if (sequences.has(sequence)) sequences.get(sequence)!.push(j);
    else sequences.set(sequence, [j]);
  });
  const texts = [...sequences].map(([sequence, own], i) => {
    const length = own.length;
    const longestRun = sequence.endsWith(":characters") ? options.characterRun : options.wordRun;
    return {
      name: `codes${i}`,
      places: own,
      length,
      count: x.features[own[0]!]!.cardinality!,
      longestRun,
      ...(options.architecture === "bag" && {
        runVectors: runVectors(codesOf(x, own), { ...options, length, longestRun, minRows }),
      }),
    };
  });
  const columns = places.map((j) => x.columns[j]!);
  requireFiniteNumbers("textNet", {
    rowCount: x.rowCount,
    features: places.map((j) => x.features[j]!),
    columns,
  });
  const mean = new Float64Array(places.length);
  const deviation = new Float64Array(places.length);
  columns.forEach((column, k) => {
    let total = 0;
    let variance = 0;
    for (let i = 0; i < x.rowCount; i++) {
      const w = weight?.[i] ?? 1;
      total += w;
      mean[k]! += (w / total) * (column[i]! - mean[k]!);
    }
    for (let i = 0; i < x.rowCount; i++)
      variance += ((weight?.[i] ?? 1) / total) * (column[i]! - mean[k]!) ** 2;
    deviation[k] = variance > 0 ? Math.sqrt(variance) : 1;
  });
  return { texts, numbers: { places, mean, deviation } };
}

function networkOf({ texts, numbers }: Reading, classes: number, options: Parameters): Network {
  const { size, hidden, dropout, tokenDropout, filters, buckets } = options;
  const shared = { texts, numbers: numbers.places.length, classes, size, hidden, dropout, tokenDropout };
  return options.architecture === "bag"
    ? textBag({ ...shared, buckets })
    : textCnn({ ...shared, widths, filters });
}

/** One text of all rows: row-major [rows, places]. */
function codesOf({ columns, rowCount }: Matrix, places: readonly number[]): Int32Array {
  const codes = new Int32Array(rowCount * places.length);
  places.forEach((j, place) => {
    const column = columns[j]!;
    for (let i = 0; i < rowCount; i++) codes[i * places.length + place] = column[i]!;
  });
  return codes;
}

/** Rows as the network takes them. */
function inputsOf({ texts, numbers }: Reading, x: Matrix): Record<string, RowData> {
  const rowCount = x.rowCount;
  const inputs: Record<string, RowData> = {};
  for (const { name, places, length } of texts)
    inputs[name] = { dtype: "int32", shape: [length], data: codesOf(x, places) };
  const width = numbers.places.length;
  if (width > 0) {
    const data = new Float32Array(rowCount * width);
    for (let i = 0; i < rowCount; i++) data.set(numbersOf(numbers, x, i), i * width);
    inputs[numbersInput] = { dtype: "float32", shape: [width], data };
  }
  return inputs;
}

function numbersOf({ places, mean, deviation }: Reading["numbers"], x: Matrix, row: number): Float64Array {
  return Float64Array.from(places, (j, k) => {
    const z = (x.columns[j]![row]! - mean[k]!) / deviation[k]!;
    return Math.min(farthest, Math.max(-farthest, z));
  });
}

interface Trained {
  readonly weights: Weights;
  readonly epoch: number;
  readonly validationLoss: number | undefined;
}

async function train(
  net: Network,
  reading: Reading,
  inside: SplitRows,
  aside: SplitRows | undefined,
  options: Parameters,
  { random, signal, onProgress }: FitContext,
  member: number,
): Promise<Trained> {
  const { epochs, patience, learningRate, weightDecay, labelSmoothing, members } = options;
  const own = member === 0 ? random : random.child(`member ${member}`);
  const batchSize = Math.min(
    options.batchSize,
    Math.max(fewestBatchRows, Math.floor(inside.x.rowCount / leastSteps)),
  );
  const loader = ({ x, y, weight }: SplitRows, seed?: number): Loader =>
    arrayLoader(
      inputsOf(reading, x),
      {
        dtype: "int64",
        shape: [],
        data: BigInt64Array.from(y.kind === "classification" ? y.codes : [], BigInt),
      },
      {
        batchSize: Math.min(batchSize, x.rowCount),
        ...(seed !== undefined && { seed }),
        ...(weight && { weights: Float32Array.from(weight) }),
      },
    );
  const seedOf = (name: string): number => own.child(name).integer(2 ** 32);
  const { weights, history, bestEpoch } = await fitFamily(
    { family: "textNet", learningRate, weightDecay },
    net,
    initialise(net, { seed: seedOf("weights") }),
    {
      train: loader(inside, seedOf("order")),
      ...(aside && { validation: loader(aside), patience }),
      epochs,
      seed: seedOf("masks"),
      loss: crossEntropy({ labelSmoothing }),
      optimiser: adamw({ learningRate, weightDecay, beta2: 0.99 }),
      schedule: cosine(),
      ...(signal && { signal }),
    },
    (event) => {
      if (event.type !== "epoch") return;
      onProgress?.({
        stage: "fit textNet",
        done: member * epochs + event.epoch,
        total: members * epochs,
        note: `loss ${event.loss.toPrecision(4)}`,
      });
    },
  );
  const epoch = bestEpoch ?? history.length;
  return { weights, epoch, validationLoss: history[epoch - 1]?.validationLoss };
}

function fittedTextNet(
  net: Network,
  reading: Reading,
  classes: number,
  members: readonly Trained[],
  options: Parameters,
): Fitted {
  const { texts, numbers } = reading;
  const one = (data: Float64Array): Value => constant({ dtype: "float64", shape: [1, data.length], data });
  return {
    family: "textNet",
    emit(x) {
      const inputs: Record<string, Value> = {};
      for (const { name, places } of texts) inputs[name] = cast(gather(x, places, 1), "int32");
      if (numbers.places.length > 0) {
        const z = div(sub(gather(x, numbers.places, 1), one(numbers.mean)), one(numbers.deviation));
        inputs[numbersInput] = cast(clip(z, -farthest, farthest), "float32");
      }
      // The weights of the first keep their names; those of the others would clash with them.
      const shares = members.map(({ weights }, member) => {
        const scores =
          member === 0
            ? inline(scoringGraph(net, weights), inputs)["scores"]!
            : scoresOf(net, weights, inputs);
        return softmax(cast(scores, "float64"), 1);
      });
      return shares.length === 1 ? shares[0]! : div(shares.reduce(add), shares.length);
    },
    reference(x) {
      const out = new Float64Array(x.rowCount * classes);
      for (let i = 0; i < x.rowCount; i++) {
        for (const { weights } of members) {
          const read = texts.flatMap((text, k) => {
            const codes = text.places.map((j) => x.columns[j]![i]!);
            const path = `text${k}`;
            return [
              ...(options.architecture === "bag"
                ? bagReference(weights, path, text, options.buckets, codes)
                : cnnReference(weights, path, text, widths, codes)),
            ];
          });
          let z = Float64Array.from([...read, ...numbersOf(numbers, x, i)]);
          if (options.hidden > 0) z = denseReference(weights, "hidden", z).map((v) => Math.max(0, v));
          softmaxOf(denseReference(weights, "scores", z)).forEach(
            (share, k) => (out[i * classes + k]! += share / members.length),
          );
        }
      }
      return out;
    },
    summary: {
      architecture: options.architecture,
      texts: texts.map(({ length, count }) => ({ length, codes: count })),
      epoch: members[0]!.epoch,
      ...(members[0]!.validationLoss === undefined ? {} : { validationLoss: members[0]!.validationLoss }),
      ...(members.length > 1 && { members: members.map(({ epoch }) => epoch) }),
    },
  };
}
