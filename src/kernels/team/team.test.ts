import { expect, test } from "vitest";
import { createRandom } from "../../core/index.ts";
import { quantiseGradients } from "../commands.ts";
import { Kernels } from "../kernels.ts";

/** A command that no kernel answers to: the team only meets. */
const MEET = 99;

test("workers join, share a command to the same bits, and end", async () => {
  const random = createRandom(1);
  const pairs = new Float32Array(200_000).map(() => random.normal());
  const quantised = (kernels: Kernels): { size: number; words: Int32Array } => {
    const { memory } = kernels;
    memory.reset();
    const at = memory.take(pairs.byteLength);
    memory.f32(at, pairs.length).set(pairs);
    const args = memory.take(64);
    quantiseGradients(kernels, args, at, pairs.length / 2, 1000, 1000);
    return { size: kernels.run(MEET, args), words: memory.i32(at, pairs.length).slice() };
  };
  const alone = new Kernels(1);
  const three = new Kernels(3);
  const expected = quantised(alone).words;
  const deadline = Date.now() + 30_000;
  // Workers take a moment to start; the team works meanwhile, and grows.
  for (;;) {
    const { size, words } = quantised(three);
    expect(words).toEqual(expected);
    if (size === 3) break;
    expect(Date.now()).toBeLessThan(deadline);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  for (let i = 0; i < 50; i++) expect(quantised(three).words[i]).toBe(expected[i]);
  await three.close();
  await alone.close();
});
