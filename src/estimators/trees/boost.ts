/**
 * Gradient boosting over bins: rounds of trees on first and second derivatives, quantised so that sums are integers.
 *
 * The scale of a round is the largest power of two with which the sum of all |g| stays below 2³¹ and that of all h
 * below 2³²: 11 bits a row at a million rows of equal size, more where rows are fewer. Powers of two make the scale
 * indifferent to the order of rows. Source: Friedman 2001; Shi et al. 2022, "Quantized training of GBDT".
 */
import { rowUniform } from "../../core/index.ts";
import { addLeafValues, computeGradients, quantiseGradients } from "../../kernels/index.ts";
import type { GrownLeaf } from "./growth.ts";
import { type GrowParameters, TreeGrower } from "./grow.ts";
import { type Objective, type ObjectiveName, weightedQuantile } from "./objectives.ts";
import { ownGradients } from "./own-gradients.ts";
import type { BinnedRows } from "./sparse-dataset.ts";
import type { Tree } from "./tree.ts";

export interface BoostParameters extends GrowParameters {
  readonly learningRate: number;
  /** Share of rows that each round draws. */
  readonly rowShare: number;
  /** Share of features that each tree draws. */
  readonly featureShare: number;
}

/** Targets and weights by row number of the data set, in the kernels' memory. */
export interface BoostRows {
  readonly data: BinnedRows;
  /** The kernel that knows the derivatives; none for a loss of the user's own. */
  readonly objectiveName: ObjectiveName | undefined;
  readonly objective: Objective;
  readonly classCount: number;
  /** Numbers, or class codes. */
  readonly targets: Float64Array;
  readonly weights: Float64Array | undefined;
  /** Identity of each row, for draws. Row number when absent. */
  readonly rowIds: Uint32Array | undefined;
}

/** Arrays shared by all runs over one data set. */
export class BoostSpace {
  readonly rows: BoostRows;
  readonly grower: TreeGrower;
  readonly targets: number;
  readonly weights: number;
  readonly args: number;
  readonly sums: number;
  readonly leaves: number;

  constructor(rows: BoostRows, parameters: BoostParameters) {
    const { data } = rows;
    const { memory } = data.kernels;
    const n = data.rowCount;
    this.rows = rows;
    const put = (values: Float64Array): number => {
      const at = memory.take(8 * n);
      memory.f64(at, n).set(values);
      return at;
    };
    this.targets = put(rows.targets);
    this.weights = rows.weights === undefined ? 0 : put(rows.weights);
    this.args = memory.take(64);
    this.sums = memory.take(16 * Math.ceil(n / 4096) * rows.objective.outputs(rows.classCount));
    this.leaves = memory.take(32 * Math.min(parameters.maxLeaves, n + 1));
    this.grower = new TreeGrower(data, n, parameters);
  }
}

/** One boosting run: some rows fit, some are watched, all are scored. */
export class BoostRun {
  readonly #space: BoostSpace;
  readonly #parameters: BoostParameters;
  readonly #objective: Objective;
  readonly #fitRows: Uint32Array;
  readonly #watchRows: Uint32Array;
  readonly #seed: number;
  readonly #outputs: number;
  readonly #scores: number;
  readonly #pairs: number;
  readonly #list: number;
  readonly base: number[];
  /** Trees round after round, one an output. */
  readonly trees: Tree[] = [];
  #round = 0;

  constructor(
    space: BoostSpace,
    parameters: BoostParameters,
    fitRows: Uint32Array,
    watchRows: Uint32Array,
    seed: number,
  ) {
    const { data, objective, classCount, targets, weights } = space.rows;
    const { memory } = data.kernels;
    const n = data.rowCount;
    this.#space = space;
    this.#parameters = parameters;
    this.#objective = objective;
    this.#fitRows = fitRows;
    this.#watchRows = watchRows;
    this.#seed = seed;
    this.#outputs = this.#objective.outputs(classCount);
    this.base = this.#objective.base(targets, weights, fitRows, classCount);
    this.#scores = memory.take(8 * n * this.#outputs);
    this.#pairs = memory.take(8 * n * this.#outputs);
    this.#list = memory.take(4 * n);
    for (let k = 0; k < this.#outputs; k++) this.#score(k).fill(this.base[k]!);
    const list = memory.u32(this.#list, n);
    list.set(fitRows);
    list.set(watchRows, fitRows.length);
  }

  #score(k: number): Float64Array {
    const n = this.#space.rows.data.rowCount;
    return this.#space.rows.data.kernels.memory.f64(this.#scores + 8 * n * k, n);
  }

  /** Weighted mean loss of the watched rows. */
  watchedLoss(): number {
    const { targets, weights } = this.#space.rows;
    const scores = Array.from({ length: this.#outputs }, (_, k) => this.#score(k));
    return this.#objective.loss(scores, targets, weights, this.#watchRows);
  }

  /** Rounds so far. */
  get rounds(): number {
    return this.#round;
  }

  get watchedCount(): number {
    return this.#watchRows.length;
  }

  /** Adds one round of trees. Returns false when no tree found a split: more rounds change nothing. */
  round(): boolean {
    const { grower, rows, args, targets, weights, sums } = this.#space;
    const { kernels, rowCount: n } = rows.data;
    const outputs = this.#outputs;
    const { own, parameter } = this.#objective;
    if (own !== undefined) {
      const job = { scores: this.#score(0), targets: rows.targets, weights: rows.weights, sums };
      ownGradients(kernels.memory, own, { ...job, pairs: this.#pairs });
    } else {
      computeGradients(kernels, args, {
        objective: rows.objectiveName!,
        scores: this.#scores,
        targets,
        weights,
        pairs: this.#pairs,
        count: n,
        classes: outputs,
        stride: n,
        sums,
        parameter,
      });
    }
    const roundSeed = this.#seed + Math.imul(this.#round, 0x632be5ab);
    const active = this.#drawRows(roundSeed);
    const all = this.#fitRows.length + this.#watchRows.length;
    let grew = false;
    for (let k = 0; k < outputs; k++) {
      const { gScale, hScale } = this.#scales(k);
      const pairs = this.#pairs + 8 * n * k;
      quantiseGradients(kernels, args, pairs, n, gScale, hScale);
      kernels.memory.u8(grower.rows, 4 * all).set(kernels.memory.u8(this.#list, 4 * all));
      const { tree, leaves } = grower.grow({
        activeCount: active,
        passiveCount: all - active,
        gradients: pairs,
        gScale,
        hScale,
        features: this.#drawFeatures(roundSeed + k),
        shrinkage: this.#parameters.learningRate,
        output: k,
        seed: roundSeed + k,
      });
      if (this.#objective.leafQuantile !== undefined)
        this.#renewLeaves(tree, leaves, this.#objective.leafQuantile);
      this.trees.push(tree);
      if (tree.feature.length > 0) grew = true;
      const table = kernels.memory.u32(this.#space.leaves, leaves.length * 8);
      const values = kernels.memory.f64(this.#space.leaves, leaves.length * 4);
      leaves.forEach((leaf, i) => {
        table.set([leaf.begin, leaf.end], 8 * i);
        table.set([leaf.passiveBegin, leaf.passiveEnd], 8 * i + 4);
        values[4 * i + 1] = values[4 * i + 3] = leaf.value;
      });
      addLeafValues(
        kernels,
        args,
        this.#scores + 8 * n * k,
        grower.rows,
        all,
        this.#space.leaves,
        2 * leaves.length,
      );
    }
    this.#round++;
    return grew;
  }

  /** Sets each leaf to the quantile of its active rows' errors, times the learning rate. */
  #renewLeaves(tree: Tree, leaves: GrownLeaf[], level: number): void {
    const { grower, rows } = this.#space;
    const { memory } = rows.data.kernels;
    const scores = this.#score(0);
    const errors = rows.targets.map((target, row) => target - scores[row]!);
    leaves.forEach((leaf, i) => {
      const own = memory.u32(grower.rows + 4 * leaf.begin, leaf.end - leaf.begin);
      const value = weightedQuantile(level, own, errors, rows.weights) * this.#parameters.learningRate;
      leaves[i] = { ...leaf, value };
      tree.values[i] = value;
    });
  }

  #scales(k: number): { gScale: number; hScale: number } {
    const { data } = this.#space.rows;
    const chunks = Math.ceil(data.rowCount / 4096);
    const sums = data.kernels.memory.f64(this.#space.sums + 16 * chunks * k, 2 * chunks);
    let g = 0;
    let h = 0;
    for (let i = 0; i < chunks; i++) {
      g += sums[2 * i]!;
      h += sums[2 * i + 1]!;
    }
    return {
      gScale: powerBelow((2 ** 31 - 1 - data.rowCount) / g),
      hScale: powerBelow((2 ** 32 - 1 - data.rowCount) / h),
    };
  }

  /** Puts the rows that this round draws first in the list, and returns their number. */
  #drawRows(seed: number): number {
    const { rowShare } = this.#parameters;
    const rows = this.#fitRows;
    if (rowShare >= 1) return rows.length;
    const { data, rowIds } = this.#space.rows;
    const list = data.kernels.memory.u32(this.#list, rows.length);
    let active = 0;
    let left = rows.length;
    for (const row of rows) {
      if (rowUniform(seed, rowIds?.[row] ?? row) < rowShare) list[active++] = row;
      else list[--left] = row;
    }
    return active;
  }

  #drawFeatures(seed: number): Uint32Array {
    const all = Uint32Array.from(this.#space.rows.data.features, (_, j) => j);
    const { featureShare } = this.#parameters;
    if (featureShare >= 1) return all;
    const count = Math.max(1, Math.round(all.length * featureShare));
    const draws = Float64Array.from(all, (j) => rowUniform(seed ^ 0x5bd1e995, j));
    const bound = nthOf(draws, count - 1);
    // The features of the least draws, the first ones among equal draws.
    let equal = count;
    for (const draw of draws) if (draw < bound) equal--;
    return all.filter((j) => draws[j]! < bound || (draws[j]! === bound && equal-- > 0));
  }
}

/** The n-th least of numbers in [0, 1): only those that share its first 16 bits are sorted. */
function nthOf(values: Float64Array, n: number): number {
  const counts = new Uint32Array(65536);
  for (const value of values) counts[Math.floor(value * 65536)]!++;
  let bucket = 0;
  let before = 0;
  while (before + counts[bucket]! <= n) before += counts[bucket++]!;
  return values.filter((value) => Math.floor(value * 65536) === bucket).sort()[n - before]!;
}

/** The largest power of two up to `limit`, at most 2⁶⁰; 1 where the limit is not finite. */
export function powerBelow(limit: number): number {
  return Number.isFinite(limit) && limit > 0 ? 2 ** Math.min(60, Math.floor(Math.log2(limit))) : 1;
}
