import { describe, expect, test } from "vitest";
import { createRandom } from "../../core/index.ts";
import { adamReference, momentumReference } from "./reference.ts";
import { type Placed, UpdateArrays } from "./update.ts";

const counts = [1, 3, 4, 5, 16, 17, 1000];

/** Four arrays of `count` numbers, the last one not negative, and a guard behind them. */
function arrays(count: number): {
  memory: UpdateArrays;
  placed: Placed[];
  copies: Float32Array[];
  guard: Placed;
} {
  const random = createRandom(count);
  const memory = new UpdateArrays([count, count, count, count, 4]);
  const placed = [0, 1, 2, 3].map((k) => {
    const each = memory.take(count);
    for (let i = 0; i < count; i++) each.data[i] = k === 3 ? random.normal() ** 2 : random.normal();
    return each;
  });
  const guard = memory.take(4);
  guard.data.fill(7);
  return { memory, placed, copies: placed.map(({ data }) => data.slice()), guard };
}

describe.each(counts)("%i numbers", (count) => {
  test.each([
    ["adam", 0, 1],
    ["adam with a penalty", 0.01, 1],
    ["adamw", 0, 0.999],
  ])("%s: the bits of the reference", (_name, decay, kept) => {
    const { memory, placed, copies, guard } = arrays(count);
    const [p, g, m, v] = placed as [Placed, Placed, Placed, Placed];
    const [rp, rg, rm, rv] = copies as [Float32Array, Float32Array, Float32Array, Float32Array];
    const set = { beta1: 0.9, beta2: 0.999, scale: 0.0123, epsilon: 1e-7, decay, kept };
    for (let step = 0; step < 3; step++) {
      memory.adam(p, g, [m, v], set);
      adamReference(rp, rg, rm, rv, set);
    }
    for (const [k, { data }] of placed.entries()) expect(data).toEqual(copies[k]);
    expect([...guard.data]).toEqual([7, 7, 7, 7]);
  });

  test.each([
    ["momentum", 0, false],
    ["momentum with a penalty", 0.01, false],
    ["Nesterov", 0.01, true],
  ])("%s: the bits of the reference", (_name, decay, nesterov) => {
    const { memory, placed, copies, guard } = arrays(count);
    const [p, g, v] = placed as [Placed, Placed, Placed];
    const [rp, rg, rv] = copies as [Float32Array, Float32Array, Float32Array];
    const set = { momentum: 0.9, rate: 0.05, decay };
    for (let step = 0; step < 3; step++) {
      memory.momentum(p, g, v, set, nesterov);
      momentumReference(rp, rg, rv, set, nesterov);
    }
    for (const [k, { data }] of placed.entries()) expect(data).toEqual(copies[k]);
    expect([...guard.data]).toEqual([7, 7, 7, 7]);
  });

  test("a sum, a product by a number and a sum of squares: the bits of plain loops", () => {
    const { memory, placed, copies, guard } = arrays(count);
    const [to, from] = placed as [Placed, Placed];
    const [a, b] = copies as [Float32Array, Float32Array];
    memory.add(to, from);
    memory.scale(to, 0.3);
    const expected = a.map((value, i) => Math.fround(Math.fround(value + b[i]!) * Math.fround(0.3)));
    expect(to.data).toEqual(expected);
    expect(from.data).toEqual(b);
    const squares = expected.reduce((sum, value) => sum + value * value, 0);
    expect(memory.squareSum(to) / squares).toBeCloseTo(1, 13);
    expect([...guard.data]).toEqual([7, 7, 7, 7]);
  });
});
