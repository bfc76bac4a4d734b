/**
 * Loss of a linear model, its gradient and its curvature, summed over blocks by float64 graphs.
 *
 * Parameters are [outputs, q] over standardised columns, the constant last: one row for a number or two
 * classes (log-odds of the second), a row per class for more (softmax, all classes alike). The
 * penalty ½ l2 Σ c b² leaves the constant free.
 */
import { assert, type Tensor } from "../../core/index.ts";
import { gemm, graph, type Graph, input, matMul, mul, reduceSum, type Value } from "../../graph/index.ts";
import { compile, type Session } from "../../runtime/index.ts";
import { penaltyFactors, type RowBlocks } from "./row-blocks.ts";
import type { ScoreLoss } from "./score-loss.ts";

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

export interface ScoreObjective {
  readonly blocks: RowBlocks;
  /** Parameters of the constant model, where a fit starts. Shape [outputs, q]. */
  readonly start: Float64Array;
  /** Second derivative of a score, as `ScoreLoss.typicalCurvature`. */
  readonly typicalCurvature: number;
  /** Number of parameters. */
  readonly size: number;
  /** Factor of l2 per parameter; 0 for constants. */
  readonly penalty: Float64Array;
  readonly evaluate: (v: Float64Array, problem: Problem) => Promise<Evaluation>;
  /** The matrix of second derivatives besides. Shape [size, size]. */
  readonly evaluateWithCurvature: (
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
  blocks: RowBlocks,
  standardize: boolean,
  threads: number,
): ScoreObjective {
  const { q, width, outputs } = blocks;
  const size = outputs * q;
  const penalty = new Float64Array(size);
  for (let k = 0; k < outputs; k++) penalty.set(penaltyFactors(blocks, standardize), k * q);
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

  const mean = blocks.targetMean;
  const start = new Float64Array(size);
  for (let k = 0; k < outputs; k++) start[(k + 1) * q - 1] = loss.constant(mean);
  return {
    blocks,
    start,
    typicalCurvature: loss.typicalCurvature(mean),
    size,
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
