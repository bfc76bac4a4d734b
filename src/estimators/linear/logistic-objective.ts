/**
 * Log loss of a linear model, its gradient and its curvature, summed over blocks by float64 graphs.
 *
 * Parameters are [outputs, q] over standardised columns, the constant last: one row for two
 * classes (log-odds of the second), a row per class for more (softmax, all classes alike). The
 * penalty ½ l2 Σ c b² leaves the constant free.
 */
import { assert, type Tensor } from "../../core/index.ts";
import {
  abs,
  add,
  exp,
  gemm,
  graph,
  type Graph,
  input,
  log,
  matMul,
  mul,
  neg,
  reduceMax,
  reduceSum,
  relu,
  sigmoid,
  slice,
  sub,
  div,
  type Value,
} from "../../graph/index.ts";
import { compile, type Session } from "../../runtime/index.ts";
import type { LogisticBlocks } from "./logistic-blocks.ts";

export interface Evaluation {
  readonly loss: number;
  /** Shape [outputs, q]. */
  readonly gradient: Float64Array;
}

/** What is minimised: rows by their weights, and the strength of the penalty. */
export interface Problem {
  /** One array a block, as in `LogisticBlocks`. */
  readonly weight: readonly Float64Array[];
  readonly l2: number;
}

export interface LogisticObjective {
  readonly blocks: LogisticBlocks;
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
export function logisticObjective(
  blocks: LogisticBlocks,
  standardize: boolean,
  threads: number,
): LogisticObjective {
  const { q, width, outputs, used, deviation } = blocks;
  const size = outputs * q;
  const penalty = new Float64Array(size);
  for (let k = 0; k < outputs; k++) {
    for (let a = 0; a < used.length; a++) penalty[k * q + a] = standardize ? 1 : 1 / deviation[a]! ** 2;
  }
  const sessions = new Map<boolean, Promise<Session>>();
  const sessionOf = (curved: boolean): Promise<Session> => {
    const found = sessions.get(curved) ?? compile(lossGraph(outputs, curved), { threads });
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
    let loss = 0;
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
      loss += values("loss")[0]!;
      addTo(gradient, values("gradient"));
      if (curved) addCurvature(curvature, values, outputs, q);
    }
    for (let i = 0; i < size; i++) {
      loss += 0.5 * l2 * penalty[i]! * v[i]! * v[i]!;
      gradient[i]! += l2 * penalty[i]! * v[i]!;
      if (curved) curvature[i * size + i]! += l2 * penalty[i]!;
    }
    return { loss, gradient, curvature };
  }

  return {
    blocks,
    size,
    penalty,
    async evaluate(v, problem) {
      const { loss, gradient } = await run(v, problem, false);
      return { loss, gradient };
    },
    evaluateWithCurvature: (v, problem) => run(v, problem, true),
    async release() {
      for (const session of sessions.values()) await (await session).release();
      sessions.clear();
    },
  };
}

/** Loss, gradient and, if `curved`, blocks of the curvature for every pair of classes a ≤ b. */
export function lossGraph(outputs: number, curved: boolean): Graph {
  const v = input("v", "float64", [outputs, "features"]);
  const z = input("z", "float64", ["features", "rows"]);
  const y = input("y", "float64", [outputs, "rows"]);
  const w = input("w", "float64", [1, "rows"]);
  const s = matMul(v, z);
  const observed = mul(s, y);
  let p: Value;
  let losses: Value;
  if (outputs === 1) {
    p = sigmoid(s);
    losses = sub(add(log(add(exp(neg(abs(s))), 1)), relu(s)), observed);
  } else {
    const top = reduceMax(s, { axes: [0], keepDims: true });
    const e = exp(sub(s, top));
    const total = reduceSum(e, { axes: [0], keepDims: true });
    p = div(e, total);
    losses = sub(add(log(total), top), reduceSum(observed, { axes: [0], keepDims: true }));
  }
  const outer: Record<string, Value> = {
    loss: reduceSum(mul(losses, w)),
    gradient: gemm(mul(sub(p, y), w), z, undefined, { transB: true }),
  };
  if (curved) {
    const row = (k: number): Value => (outputs === 1 ? p : slice(p, [k], [k + 1], [0]));
    for (let a = 0; a < outputs; a++) {
      for (let b = a; b < outputs; b++) {
        const slope = a === b ? mul(row(a), sub(1, row(a))) : neg(mul(row(a), row(b)));
        outer[`curvature${a},${b}`] = gemm(mul(z, mul(slope, w)), z, undefined, { transB: true });
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
