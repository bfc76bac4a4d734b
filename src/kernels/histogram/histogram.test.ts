import { expect, test } from "vitest";
import { createRandom } from "../../core/index.ts";
import { bareKernels } from "../testing.ts";
import { histogramReference } from "./reference.ts";

/** Packed sums of one feature as (gradient, hessian) pairs. */
function unpack(words: Int32Array): number[] {
  return Array.from(words, (_, i) => (i % 2 === 0 ? words[i + 1]! : words[i - 1]! >>> 0));
}

test.each([
  [1, [0]],
  [4, [0]],
  [9, [0, 1, 2]],
  [28, [0, 1, 2, 3, 4, 5, 6]],
  [32, [0, 1, 2, 3, 4, 5, 6, 7]],
  [28, [0, 3, 6]],
])("%i features, groups %j: sums equal the reference exactly", (featureCount, groups) => {
  const random = createRandom(featureCount);
  const { memory, call, put } = bareKernels();
  const rowCount = 1000;
  const stride = Math.ceil(featureCount / 4) * 4;
  const columns = Array.from({ length: featureCount }, () =>
    new Uint8Array(rowCount).map(() => random.integer(256)),
  );
  const block = new Uint8Array(rowCount * stride);
  columns.forEach((column, j) => column.forEach((bin, i) => (block[i * stride + j] = bin)));
  const pairs = new Float64Array(2 * rowCount).map((_, i) =>
    i % 2 ? random.integer(1000) : random.integer(4001) - 2000,
  );
  const packed = new BigInt64Array(rowCount).map(
    (_, i) => (BigInt(pairs[2 * i]!) << 32n) + BigInt(pairs[2 * i + 1]!),
  );
  const rows = new Uint32Array(rowCount).map((_, i) => i).filter(() => random.next() < 0.4);
  const hist = memory.take(stride * 2048);
  memory.u8(hist, stride * 2048).fill(0);
  const [bins, list, gradients, quads] = [put(block), put(rows), put(packed), put(Uint32Array.from(groups))];
  const [begin, end] = [3, rows.length - 2];
  call["histogram"]!(
    bins,
    stride,
    list,
    gradients,
    begin,
    end,
    quads,
    groups.length,
    hist,
    memory.take(8192),
  );
  const expected = histogramReference(columns, pairs, rows.subarray(begin, end));
  for (let j = 0; j < featureCount; j++) {
    const got = unpack(memory.i32(hist + 2048 * j, 512));
    expect(got).toEqual(groups.includes(j >> 2) ? [...expected[j]!] : new Array(512).fill(0));
  }
});
