import fc from "fast-check";
import { expect, test } from "vitest";
import { createRandom } from "../../core/index.ts";
import { Sorter } from "./sorted.ts";

const definition = (values: readonly number[]): number[] =>
  values
    .filter((value) => !Number.isNaN(value))
    .map((value) => value + 0)
    .sort((a, b) => a - b);

test("sorts as the built-in sort does, NaN left out, whatever the precision", () => {
  const value = fc.oneof(fc.float(), fc.double(), fc.constantFrom(0, -0, Number.NaN, 1e300, -1e-300));
  const sorter = new Sorter();
  fc.assert(
    fc.property(fc.array(value, { maxLength: 50 }), (values) => {
      expect([...sorter.sort(Float64Array.from(values))]).toEqual(definition(values));
    }),
    { seed: 1 },
  );
});

test("sorts many float32 values by their bits, with buffers of a longer column before", () => {
  const random = createRandom(4);
  const sorter = new Sorter();
  for (const count of [9000, 5000]) {
    const values = Array.from({ length: count }, (_, i) =>
      i % 50 === 0 ? Number.NaN : Math.fround(random.normal() * 10 ** (i % 30)),
    );
    expect([...sorter.sort(Float64Array.from(values))]).toEqual(definition(values));
  }
});
