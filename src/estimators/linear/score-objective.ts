/**
 * Loss of a linear model, its gradient and its curvature, summed over blocks by float64 graphs.
 *
 * Parameters are [outputs, q] over standardised columns, the constant last: one row for a number or two
 * classes (log-odds of the second), a row per class for more (softmax, all classes alike). The
 * penalty ½ l2 Σ c b² leaves the constant free.
 */
import { assert, type Tensor } from "../../core/index.ts";
import type { Matrix } from "../../features/index.ts";
import { gemm, graph, type Graph, input, matMul, mul, reduceSum, type Value } from "../../graph/index.ts";
import { compile, type Session } from "../../runtime/index.ts";
import { penaltyFactors, type RowBlocks, rowBlocks, type Standardised } from "./row-blocks.ts";
import type { ScoreLoss } from "./score-loss.ts";
import { type SparseDesign, sparseDesign, sparseProducts } from "./sparse-rows.ts";

export interface Evaluation {
  readonly loss: number;
  /** Shape [outputs, q]. */
  readonly gradient: Float64Array;
}

/** What is minimised: rows by their weights, and the strength of the penalty. */
export interface Problem {
  /** One array a block, as in `RowBlocks`. */
  readonly weight: readonly Float64Array[];
  readonly l2: number;
}

/** Rows of an iterative fit: blocks of dense columns, or sparse. */
export type ScoreDesign = RowBlocks | SparseDesign;

/** Sparse rows where the matrix is kept so, else blocks; as `rowBlocks`. */
export function scoreDesign(
  family: string,
  x: Matrix,
  target: ArrayLike<number>,
  outputs: number,
  weight: Float64Array | undefined,
): ScoreDesign {
  const { sparse } = x;
  return sparse === undefined
    ? rowBlocks(family, x, target, outputs, weight)
    : sparseDesign(family, x, sparse, target, outputs, weight);
}

export interface ScoreObjective {
  readonly blocks: ScoreDesign;
  /** Parameters of the constant model, where a fit starts. Shape [outputs, q]. */
  readonly start: Float64Array;
  /** Second derivative of a score, as `ScoreLoss.typicalCurvature`. */
  readonly typicalCurvature: number;
  /** Number of parameters. */
  readonly size: number;
  /** Factor of l2 per parameter; 0 for constants. */
  readonly penalty: Float64Array;
  readonly evaluate: (v: Float64Array, problem: Problem) => Promise<Evaluation>;
  /** The matrix of second derivatives besides; absent for sparse rows. Shape [size, size]. */
  readonly evaluateWithCurvature?: (
    v: Float64Array,
    problem: Problem,
  ) => Promise<Evaluation & { readonly curvature: Float64Array }>;
  /** Gives its sessions back. */
  release(): Promise<void>;
}

/**
 * @param standardize - Penalise standardised coefficients, not those on the given features.
 */
export function scoreObjective(
  loss: ScoreLoss,
  blocks: ScoreDesign,
  standardize: boolean,
  threads: number,
): ScoreObjective {
  return "rows" in blocks
    ? sparseObjective(loss, blocks, standardize)
    : denseObjective(loss, blocks, standardize, threads);
}

function denseObjective(
  loss: ScoreLoss,
  blocks: RowBlocks,
  standardize: boolean,
  threads: number,
): ScoreObjective {
  const { q, width, outputs } = blocks;
  const size = outputs * q;
  const penalty = penalties(blocks, standardize);
  const sessions = new Map<boolean, Promise<Session>>();
  const sessionOf = (curved: boolean): Promise<Session> => {
    const found = sessions.get(curved) ?? compile(lossGraph(loss, curved), { threads });
    sessions.set(curved, found);
    return found;
  };
  const tensor = (data: Float64Array, shape: readonly number[]): Tensor => ({
    dtype: "float64",
    shape,
    data,
  });

  async function run(v: Float64Array, { weight, l2 }: Problem, curved: boolean) {
    const session = await sessionOf(curved);
    const gradient = new Float64Array(size);
    const curvature = new Float64Array(curved ? size * size : 0);
    let total = 0;
    for (let b = 0; b < blocks.z.length; b++) {
      const answer = await session.run({
        v: tensor(v, [outputs, q]),
        z: tensor(blocks.z[b]!, [q, width]),
        y: tensor(blocks.y[b]!, [outputs, width]),
        w: tensor(weight[b]!, [1, width]),
      });
      const values = (name: string): Float64Array => {
        const data = answer[name]?.data;
        assert(data instanceof Float64Array, `the loss graph gave no ${name}`);
        return data;
      };
      total += values("loss")[0]!;
      addTo(gradient, values("gradient"));
      if (curved) addCurvature(curvature, values, outputs, q);
    }
    for (let i = 0; i < size; i++) {
      total += 0.5 * l2 * penalty[i]! * v[i]! * v[i]!;
      gradient[i]! += l2 * penalty[i]! * v[i]!;
      if (curved) curvature[i * size + i]! += l2 * penalty[i]!;
    }
    return { loss: total, gradient, curvature };
  }

  return {
    ...startOf(loss, blocks),
    penalty,
    async evaluate(v, problem) {
      const { curvature: _, ...evaluation } = await run(v, problem, false);
      return evaluation;
    },
    evaluateWithCurvature: (v, problem) => run(v, problem, true),
    async release() {
      for (const session of sessions.values()) await (await session).release();
      sessions.clear();
    },
  };
}

/** Where a fit starts, and how curved the loss is there. */
function startOf(loss: ScoreLoss, blocks: ScoreDesign) {
  const { q, outputs, targetMean } = blocks;
  const start = new Float64Array(outputs * q);
  for (let k = 0; k < outputs; k++) start[(k + 1) * q - 1] = loss.constant(targetMean);
  return { blocks, start, size: start.length, typicalCurvature: loss.typicalCurvature(targetMean) };
}

/** Factor of l2 per parameter of all outputs. */
function penalties(blocks: Standardised, standardize: boolean): Float64Array {
  const penalty = new Float64Array(blocks.outputs * blocks.q);
  for (let k = 0; k < blocks.outputs; k++) penalty.set(penaltyFactors(blocks, standardize), k * blocks.q);
  return penalty;
}

/** Products by plain loops over the values that are not 0; the graph only turns scores into losses and slopes. */
function sparseObjective(loss: ScoreLoss, blocks: SparseDesign, standardize: boolean): ScoreObjective {
  const { outputs, rowCount } = blocks;
  const penalty = penalties(blocks, standardize);
  const products = sparseProducts(blocks);
  let session: Promise<Session> | undefined;
  const tensor = (data: Float64Array, rows: number): Tensor => ({
    dtype: "float64",
    shape: [rows, rowCount],
    data,
  });
  return {
    ...startOf(loss, blocks),
    penalty,
    async evaluate(v, { weight, l2 }) {
      session ??= compile(slopeGraph(loss), { threads: 1 });
      const answer = await (await session).run({
        s: tensor(products.scores(v), outputs),
        y: tensor(blocks.y[0]!, outputs),
        w: tensor(weight[0]!, 1),
      });
      const gradient = products.sums(answer["slope"]!.data as Float64Array);
      let total = (answer["loss"]!.data as Float64Array)[0]!;
      for (let i = 0; i < gradient.length; i++) {
        total += 0.5 * l2 * penalty[i]! * v[i]! * v[i]!;
        gradient[i]! += l2 * penalty[i]! * v[i]!;
      }
      return { loss: total, gradient };
    },
    async release() {
      await (await session)?.release();
      session = undefined;
    },
  };
}

/** Loss and weighted slopes of given scores. */
function slopeGraph(loss: ScoreLoss): Graph {
  const s = input("s", "float64", [loss.outputs, "rows"]);
  const y = input("y", "float64", [loss.outputs, "rows"]);
  const w = input("w", "float64", [1, "rows"]);
  const { losses, slope } = loss.terms(s, y);
  return graph({ inputs: [s, y, w], outputs: { loss: reduceSum(mul(losses, w)), slope: mul(slope, w) } });
}

/** Loss, gradient and, if `curved`, blocks of the curvature for every pair of outputs a ≤ b. */
export function lossGraph(loss: ScoreLoss, curved: boolean): Graph {
  const { outputs } = loss;
  const v = input("v", "float64", [outputs, "features"]);
  const z = input("z", "float64", ["features", "rows"]);
  const y = input("y", "float64", [outputs, "rows"]);
  const w = input("w", "float64", [1, "rows"]);
  const { losses, slope, curvature } = loss.terms(matMul(v, z), y);
  const outer: Record<string, Value> = {
    loss: reduceSum(mul(losses, w)),
    gradient: gemm(mul(slope, w), z, undefined, { transB: true }),
  };
  if (curved) {
    for (let a = 0; a < outputs; a++) {
      for (let b = a; b < outputs; b++) {
        const weighted = mul(z, mul(curvature(a, b), w));
        outer[`curvature${a},${b}`] = gemm(weighted, z, undefined, { transB: true });
      }
    }
  }
  return graph({ inputs: [v, z, y, w], outputs: outer });
}

function addTo(total: Float64Array, part: Float64Array): void {
  for (let i = 0; i < total.length; i++) total[i]! += part[i]!;
}

function addCurvature(
  total: Float64Array,
  values: (name: string) => Float64Array,
  outputs: number,
  q: number,
): void {
  const size = outputs * q;
  for (let a = 0; a < outputs; a++) {
    for (let b = a; b < outputs; b++) {
      const part = values(`curvature${a},${b}`);
      for (let i = 0; i < q; i++) {
        for (let j = 0; j < q; j++) {
          total[(a * q + i) * size + b * q + j]! += part[i * q + j]!;
          if (a !== b) total[(b * q + j) * size + a * q + i]! += part[i * q + j]!;
        }
      }
    }
  }
}
