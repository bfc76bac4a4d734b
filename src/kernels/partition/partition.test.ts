import { expect, test } from "vitest";
import { createRandom } from "../../core/index.ts";
import { bareKernels } from "../testing.ts";
import { partitionReference } from "./reference.ts";

test.each([0, 1, 2, 1000])("%i rows: both sides equal the reference, in order", (count) => {
  const random = createRandom(count);
  const { memory, call, put } = bareKernels();
  const stride = 3;
  const column = new Uint8Array(3000).map(() => random.integer(256));
  const goesLeft = new Uint8Array(256).map(() => random.integer(2));
  const rows = new Uint32Array(count).map(() => random.integer(1000));
  const [left, right] = [memory.take(4 * count), memory.take(4 * count)];
  const lefts = call["partition"]!(put(column), stride, put(rows), 0, count, put(goesLeft), left, right);
  const expected = partitionReference(
    column.filter((_, i) => i % stride === 0),
    rows,
    goesLeft,
  );
  expect([...memory.u32(left, lefts)]).toEqual([...expected.left]);
  expect([...memory.u32(right, count - lefts)]).toEqual([...expected.right]);
});
