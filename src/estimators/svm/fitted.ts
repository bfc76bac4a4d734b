/** Fitted machines: one graph over the support vectors of all of them, and the same by plain loops. */
import type { Json } from "../../core/index.ts";
import {
  add,
  clip,
  concat,
  constant,
  div,
  exp,
  gather,
  matMul,
  max,
  mul,
  neg,
  pad,
  reduceSum,
  sigmoid,
  sub,
  type Value,
} from "../../graph/index.ts";
import type { CarriedRows, Fitted, Target } from "../index.ts";
import { type Machine, scoreOf, type Space } from "./machine.ts";

/** Support vectors a block, so that memory stays within bounds. */
const blockRows = 2048;
/** Log-odds are kept within it, so that every class keeps a probability above 0. */
const largestOdds = 30;

/**
 * @param present - Classes with rows, in order; of two, the machine tells the second.
 */
export function fittedSvm(
  all: Space,
  y: Target,
  { machines, present }: { readonly machines: readonly Machine[]; readonly present: readonly number[] },
): Fitted {
  const { space, machines: own } = supportOf(all, machines);
  const count = own.length;
  const outputs = y.kind === "regression" ? 1 : y.classCount;
  const summary: Json & CarriedRows = {
    gamma: space.gamma,
    objective: own.reduce((sum, machine) => sum + machine.objective, 0),
    iterations: own.reduce((sum, machine) => sum + machine.iterations, 0),
    converged: own.every((machine) => machine.converged),
    trainingRows: space.rowCount,
    trainingBytes: 8 * (space.rows.length + space.rowCount * count),
  };
  return {
    family: "svm",
    emit(x) {
      const stretched = emitScores(space, own, x);
      if (y.kind === "regression") return stretched;
      const odds = clip(stretched, -largestOdds, largestOdds);
      if (present.length === 2)
        return spread(concat([sigmoid(neg(odds)), sigmoid(odds)], 1), present, outputs);
      const each = sigmoid(odds);
      return spread(div(each, reduceSum(each, { axes: [1], keepDims: true })), present, outputs);
    },
    reference(x) {
      const out = new Float64Array(x.rowCount * outputs);
      const at = new Float64Array(space.featureCount);
      for (let i = 0; i < x.rowCount; i++) {
        for (let j = 0; j < at.length; j++) at[j] = x.columns[j]![i]! - space.mean[j]!;
        const stretched = own.map((machine) => machine.slope * scoreOf(machine, space, at) + machine.shift);
        if (y.kind === "regression") {
          out[i] = stretched[0]!;
          continue;
        }
        const p = stretched.map(
          (odds) => 1 / (1 + Math.exp(-Math.max(-largestOdds, Math.min(largestOdds, odds)))),
        );
        if (present.length === 2) p.unshift(1 - p[0]!);
        const total = present.length === 2 ? 1 : p.reduce((sum, one) => sum + one, 0);
        present.forEach((k, place) => {
          out[i * outputs + k] = p[place]! / total;
        });
      }
      return out;
    },
    summary,
  };
}

/** Only the rows that some machine needs. */
function supportOf(space: Space, machines: readonly Machine[]): { space: Space; machines: Machine[] } {
  const { rowCount, featureCount: p } = space;
  const used = Uint32Array.from({ length: rowCount }, (_, i) => i).filter((i) =>
    machines.some((machine) => machine.coefficients[i] !== 0),
  );
  const rows = new Float64Array(used.length * p);
  used.forEach((i, at) => rows.set(space.rows.subarray(i * p, (i + 1) * p), at * p));
  const of = (values: Float64Array): Float64Array => Float64Array.from(used, (i) => values[i]!);
  return {
    space: { ...space, rows, rowCount: used.length, weight: of(space.weight) },
    machines: machines.map((machine) => ({ ...machine, coefficients: of(machine.coefficients) })),
  };
}

/** float64 [batch, p] to slope · decision + shift [batch, machines]. */
function emitScores(space: Space, machines: readonly Machine[], x: Value): Value {
  const { rows, rowCount, featureCount: p, gamma } = space;
  const count = machines.length;
  const numbers = (data: Float64Array, shape: readonly number[]): Value =>
    constant({ dtype: "float64", shape, data });
  const at = sub(x, numbers(space.mean, [1, p]));
  const norm = reduceSum(mul(at, at), { axes: [1], keepDims: true });
  const row = (of: (machine: Machine) => number): Value =>
    numbers(Float64Array.from(machines, of), [1, count]);
  // Without a support vector the decision is the offset; the norm gives it the rows.
  let total = add(
    mul(clip(norm, 0, 0), 0),
    row(({ offset }) => offset),
  );
  for (let start = 0; start < rowCount; start += blockRows) {
    const size = Math.min(blockRows, rowCount - start);
    const turned = new Float64Array(p * size);
    const norms = new Float64Array(size);
    const weights = new Float64Array(size * count);
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < p; j++) {
        const value = rows[(start + i) * p + j]!;
        turned[j * size + i] = -2 * value;
        norms[i]! += value * value;
      }
      machines.forEach(({ coefficients }, k) => {
        weights[i * count + k] = coefficients[start + i]!;
      });
    }
    const squares = add(add(matMul(at, numbers(turned, [p, size])), numbers(norms, [1, size])), norm);
    const kernel = exp(mul(max(squares, 0), -gamma));
    total = add(total, matMul(kernel, numbers(weights, [size, count])));
  }
  return add(
    mul(
      total,
      row(({ slope }) => slope),
    ),
    row(({ shift }) => shift),
  );
}

/** Puts the columns of the present classes in their places, 0 for the others. */
function spread(p: Value, present: readonly number[], classCount: number): Value {
  if (present.length === classCount) return p;
  const places = Array.from({ length: classCount }, (_, k) => {
    const place = present.indexOf(k);
    return place < 0 ? present.length : place;
  });
  return gather(pad(p, [0, 0, 0, 1]), places, 1);
}
