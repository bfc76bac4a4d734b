import { describe, expect, test } from "vitest";
import { createRandom } from "../core/index.ts";
import { conv, type Graph, graph, input, relu } from "../graph/index.ts";
import { compile } from "./index.ts";
import { lowerFor } from "./lowering.ts";

function convolutions(channels: number, kernel: number, groups = 1): Graph {
  const x = input("x", "float32", ["batch", channels, 5, 5]);
  const w = input("w", "float32", [4, channels / groups, kernel, kernel]);
  return graph({ inputs: [x, w], outputs: { y: relu(conv(x, w, undefined, { groups })) } });
}

describe("lowering for WebGPU", () => {
  test.each([
    [6, 3],
    [5, 3],
    [9, 2],
  ])(
    "%i channels under a window of %i are filled up to a multiple of four, and the answers stay",
    async (channels, kernel) => {
      const plain = convolutions(channels, kernel);
      const lowered = lowerFor("webgpu", plain);
      const node = lowered.nodes.find(({ type }) => type === "Conv")!;
      expect(node.inputs.map((value) => Number(value!.shape![1]) % 4)).toEqual([0, 0]);
      const random = createRandom(1);
      const tensor = (...shape: number[]) => ({
        dtype: "float32" as const,
        shape,
        data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal()),
      });
      const feeds = { x: tensor(2, channels, 5, 5), w: tensor(4, channels, kernel, kernel) };
      const answers: Float32Array[] = [];
      for (const each of [plain, lowered]) {
        const session = await compile(each);
        answers.push((await session.run(feeds))["y"]!.data as Float32Array);
        await session.release();
      }
      answers[0]!.forEach((value, i) => expect(answers[1]![i]).toBeCloseTo(value, 5));
    },
  );

  test.each([
    ["three channels", convolutions(3, 3)],
    ["a multiple of four", convolutions(8, 3)],
    ["one by one", convolutions(6, 1)],
    ["channels by themselves", convolutions(4, 3, 4)],
  ])("%s: left as it is, and so is everything on the CPU", (_name, each) => {
    expect(lowerFor("webgpu", each)).toBe(each);
    const odd = convolutions(6, 3);
    expect(lowerFor("cpu", odd)).toBe(odd);
  });
});
