/** Scores and losses of rows that are not trained on. */
import { MillwrightError, type Tensor } from "../../core/index.ts";
import { graph, input } from "../../graph/index.ts";
import { compile, type Device, type Session } from "../../runtime/index.ts";
import type { Precision } from "../layer.ts";
import type { Loss } from "../losses.ts";
import { buildNetwork, type Network, type Weights } from "../network.ts";
import { type Expected, requireBatch } from "./batch-checks.ts";
import type { Loader } from "./loader.ts";
import { feedNames, resultNames } from "./step.ts";

/** Scores and targets of rows, one after the other. */
export interface Scored {
  /** Row-major [rows, ...scoreShape]. */
  readonly scores: Float32Array | Float64Array;
  readonly scoreShape: readonly number[];
  /** [rows, ..] as the loader gave them. */
  readonly target: Exclude<Tensor["data"], readonly string[]>;
  /** [rows] or [rows, positions]. */
  readonly weight: Float32Array;
  /** Numbers of the rows in the loader. */
  readonly rows: Uint32Array;
}

/** A figure of validation beside the loss. */
export interface FitMetric {
  readonly name: string;
  readonly better: "higher" | "lower";
  score(rows: Scored): number;
}

/** Share of rows (or positions) of positive weight whose highest score is at the target's code. */
export const accuracyOfScores: FitMetric = {
  name: "accuracy",
  better: "higher",
  score({ scores, scoreShape, target, weight }) {
    const classes = scoreShape.at(-1)!;
    let right = 0;
    let total = 0;
    for (let i = 0; i < target.length; i++) {
      const w = weight[i]!;
      if (w === 0) continue;
      let best = 0;
      for (let k = 1; k < classes; k++) if (scores[i * classes + k]! > scores[i * classes + best]!) best = k;
      total += w;
      if (best === Number(target[i])) right += w;
    }
    return right / total;
  },
};

/** A session that judges rows under any weights of one network. */
export class Evaluator {
  readonly #session: Session;
  readonly #expected: Expected;

  private constructor(session: Session, expected: Expected) {
    this.#session = session;
    this.#expected = expected;
  }

  static async create(
    net: Network,
    loss: Loss,
    {
      dtype = "float32",
      threads = 1,
      device = "cpu",
    }: { readonly dtype?: Precision; readonly threads?: number; readonly device?: Device } = {},
  ): Promise<Evaluator> {
    const built = buildNetwork(net, { batch: "batch", training: false, dtype });
    const wanted = loss.target(built.scores);
    const target = input(feedNames.target, wanted.dtype, wanted.shape);
    const rows = loss.rows(built.scores, target);
    const inputs = [...built.inputs, target, ...built.values.values()];
    const outputs = { [resultNames.scores]: built.scores, [resultNames.rows]: rows };
    const session = await compile(graph({ inputs, outputs }), { threads, device });
    return new Evaluator(session, { inputs: net.inputs, target: wanted, loss: loss.name });
  }

  /**
   * Mean loss and all scores, in the loader's order of epoch 0.
   *
   * @throws MillwrightError `DTYPE_MISMATCH`, `SHAPE_MISMATCH` or `DATA_BAD_VALUE` for a batch that does not fit.
   */
  async run(weights: Weights, loader: Loader): Promise<{ loss: number; scored: Scored }> {
    const parts: { scores: Tensor; target: Tensor; weight: Float32Array; rows: Uint32Array }[] = [];
    let loss = 0;
    let total = 0;
    for await (const batch of loader.batches(0)) {
      requireBatch(batch, this.#expected);
      const answer = await this.#session.run({
        ...weights,
        ...batch.inputs,
        [feedNames.target]: batch.target,
      });
      const costs = answer[resultNames.rows]!.data as Float32Array;
      batch.weight.forEach((w, i) => {
        if (w === 0) return;
        loss += w * costs[i]!;
        total += w;
      });
      parts.push({
        scores: answer[resultNames.scores]!,
        target: batch.target,
        weight: batch.weight,
        rows: batch.rows,
      });
    }
    if (!(total > 0)) {
      throw new MillwrightError(
        "DATA_EMPTY",
        "There is no row of positive weight to validate on.",
        "Give some rows.",
      );
    }
    return { loss: loss / total, scored: join(parts) };
  }

  release(): Promise<void> {
    return this.#session.release();
  }
}

/** The rows of all batches without their filling. */
function join(
  parts: readonly { scores: Tensor; target: Tensor; weight: Float32Array; rows: Uint32Array }[],
): Scored {
  const rowCount = parts.reduce((sum, { rows }) => sum + rows.length, 0);
  const [first] = parts as [(typeof parts)[number]];
  const batch = first.scores.shape[0]!;
  const sizes = [
    first.scores.data.length / batch,
    first.target.data.length / batch,
    first.weight.length / batch,
  ];
  const make = (like: { readonly data: Tensor["data"] }, size: number): Float32Array =>
    new (like.data.constructor as new (length: number) => Float32Array)(rowCount * size);
  const scores = make(first.scores, sizes[0]!);
  const target = make(first.target, sizes[1]!);
  const weight = new Float32Array(rowCount * sizes[2]!);
  const rows = new Uint32Array(rowCount);
  let at = 0;
  for (const part of parts) {
    const count = part.rows.length;
    scores.set((part.scores.data as Float32Array).subarray(0, count * sizes[0]!), at * sizes[0]!);
    target.set((part.target.data as Float32Array).subarray(0, count * sizes[1]!), at * sizes[1]!);
    weight.set(part.weight.subarray(0, count * sizes[2]!), at * sizes[2]!);
    rows.set(part.rows, at);
    at += count;
  }
  return { scores, scoreShape: first.scores.shape.slice(1), target, weight, rows };
}
