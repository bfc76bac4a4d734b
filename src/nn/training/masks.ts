/**
 * Random masks for dropout, cut from long ones.
 *
 * A mask per element and step would cost more random numbers than the step costs multiplications, so
 * one long mask a rate and epoch is drawn, and each step takes a stretch of it from a random place.
 * Place and pool depend on seed, epoch and step alone: a training that goes on in mid-epoch draws the same.
 */
import type { Random, Tensor } from "../../core/index.ts";
import type { Precision } from "../layer.ts";
import type { MaskSite } from "../network.ts";

/** Elements of a pool beside those of its largest mask: three times these, which an epoch of a small table outlives, at most. */
const spareFor = (largest: number): number => Math.min(262_144, 3 * largest);

export class MaskPools {
  readonly #sites: readonly MaskSite[];
  readonly #random: Random;
  readonly #dtype: Precision;
  #pools = new Map<number, Float32Array | Float64Array>();
  #epoch = -1;

  constructor(sites: readonly MaskSite[], dtype: Precision, random: Random) {
    this.#sites = sites;
    this.#dtype = dtype;
    this.#random = random;
  }

  /** The feeds of all masks at a step (of a micro-batch, where several make a step). */
  draw(epoch: number, step: number): Record<string, Tensor> {
    if (this.#sites.length === 0) return {};
    if (epoch !== this.#epoch) this.#fill(epoch);
    const place = this.#random.child(`step ${step}`);
    return Object.fromEntries(
      this.#sites.map(({ name, shape, rate }) => {
        const pool = this.#pools.get(rate)!;
        const length = size(shape);
        const at = place.integer(pool.length - length + 1);
        return [name, { dtype: this.#dtype, shape, data: pool.subarray(at, at + length) } as Tensor];
      }),
    );
  }

  #fill(epoch: number): void {
    this.#epoch = epoch;
    const rates = new Map<number, number>();
    for (const { rate, shape } of this.#sites) rates.set(rate, Math.max(rates.get(rate) ?? 0, size(shape)));
    for (const [rate, largest] of rates) {
      const random = this.#random.child(`epoch ${epoch} rate ${rate}`);
      const kept = 1 / (1 - rate);
      const length = largest + spareFor(largest);
      const pool =
        this.#pools.get(rate) ??
        (this.#dtype === "float32" ? new Float32Array(length) : new Float64Array(length));
      for (let i = 0; i < length; i++) pool[i] = random.next() < rate ? 0 : kept;
      this.#pools.set(rate, pool);
    }
  }
}

const size = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
