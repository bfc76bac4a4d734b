/**
 * Architectures: shapes, counts of parameters, and that a step moves each of them.
 *
 * Published counts: torchvision's resnet18 has 11,689,512 parameters and mobilenet_v2 3,504,872, both at 1,000 classes;
 * He et al. 2016 tell 0.27 million for depth 20 on small pictures, there with shortcuts without parameters.
 */
import { describe, expect, test } from "vitest";
import { createRandom, type Tensor } from "../../core/index.ts";
import { graph } from "../../graph/index.ts";
import { compile } from "../../runtime/index.ts";
import * as nn from "../index.ts";
import { buildNetwork } from "../network.ts";
import { Trainer } from "../training/trainer.ts";

const picture = (side: number): nn.InputSpec => ({ dtype: "float32", shape: [3, side, side] });
const conv = (from: number, to: number, kernel: number): number => from * to * kernel ** 2;
const norm = (channels: number): number => 2 * channels;
const dense = (from: number, to: number): number => from * to + to;

/** Parameters of a network of basic blocks by the sizes of its layers. */
function basicBlocks(widths: readonly number[], blocks: number): number {
  let count = 0;
  let from = widths[0]!;
  for (const width of widths) {
    for (let block = 0; block < blocks; block++) {
      count += conv(from, width, 3) + conv(width, width, 3) + 2 * norm(width);
      if (from !== width) count += conv(from, width, 1) + norm(width);
      from = width;
    }
  }
  return count;
}

const block = (d: number, wide: number): number =>
  dense(d, 3 * d) + dense(d, d) + dense(d, wide) + dense(wide, d) + 2 * norm(d);

const cases: readonly { name: string; body: nn.Layer; side: number; count: number; deeper?: boolean }[] = [
  {
    name: "smallCnn",
    body: nn.smallCnn(5),
    side: 32,
    count: conv(3, 32, 3) + conv(32, 64, 3) + conv(64, 128, 3) + norm(32 + 64 + 128) + dense(128, 5),
  },
  ...[8, 14, 20].map((depth) => ({
    name: `resnet of depth ${depth}`,
    deeper: depth > 8,
    body: nn.resnet(5, { depth }),
    side: 16,
    count: conv(3, 16, 3) + norm(16) + basicBlocks([16, 32, 64], (depth - 2) / 6) + dense(64, 5),
  })),
  {
    name: "resnet of depth 18",
    body: nn.resnet(5, { depth: 18 }),
    side: 32,
    count: conv(3, 64, 7) + norm(64) + basicBlocks([64, 128, 256, 512], 2) + dense(512, 5),
  },
  {
    name: "mobileNetV2",
    body: nn.mobileNetV2(5, { halvings: 3 }),
    side: 16,
    count: 3_504_872 - dense(1280, 1000) + dense(1280, 5),
  },
  {
    name: "vit",
    body: nn.vit(5),
    side: 32,
    count: conv(3, 128, 8) + 128 + 16 * 128 + 4 * block(128, 256) + norm(128) + dense(128, 5),
  },
  {
    name: "mlpNet",
    body: nn.mlpNet(5),
    side: 8,
    count: dense(192, 256) + dense(256, 128) + dense(128, 5),
  },
];

describe.each(cases)("$name", ({ body, side, count, deeper = false }) => {
  const net = nn.network(picture(side), body);
  const weights = nn.initialise(net, { seed: 1 });
  const random = createRandom(2);
  const rows = 3;
  const x: Tensor = {
    dtype: "float32",
    shape: [rows, 3, side, side],
    data: Float32Array.from({ length: rows * 3 * side ** 2 }, () => random.normal()),
  };

  test("has the parameters that its layers have, and gives a score a class", () => {
    expect(nn.parameterCount(net)).toBe(count);
    const { scores } = buildNetwork(net, { batch: rows, training: false });
    expect(scores.shape).toEqual([rows, 5]);
  });

  // A step of more blocks of the same kind costs seconds and shows nothing new.
  if (deeper) return;
  test("a step moves every tensor, running ones too", async () => {
    const trainer = await Trainer.create(net, weights, {
      loss: nn.crossEntropy(),
      optimiser: nn.sgd({ learningRate: 0.1, momentum: 0.9 }),
      batchSize: rows,
      seed: 1,
    });
    const batch = {
      inputs: { x },
      target: { dtype: "int64" as const, shape: [rows], data: BigInt64Array.of(0n, 3n, 4n) },
      weight: new Float32Array(rows).fill(1),
      rows: Uint32Array.of(0, 1, 2),
    };
    const { loss } = await trainer.step([batch], 0.1, 1, 0);
    expect(loss).toBeGreaterThan(0);
    const moved = trainer.weights();
    const still = Object.keys(weights).filter((path) =>
      weights[path]!.data.every((value, i) => value === moved[path]!.data[i]),
    );
    expect(still).toEqual([]);
    await trainer.release();
  });
});

test("the network that ships gives what training computes, where batch figures are the running ones", async () => {
  // Without dropout, and with the batch's own mean and variance as the running ones, both forms are one function.
  const body = nn.sequential([nn.smallCnn(4, { widths: [4], dropout: 0 })]);
  const net = nn.network(picture(8), body);
  const random = createRandom(3);
  const rows = 6;
  const x: Tensor = {
    dtype: "float32",
    shape: [rows, 3, 8, 8],
    data: Float32Array.from({ length: rows * 192 }, () => random.normal()),
  };
  const start = nn.initialise(net, { seed: 1 });
  const training = buildNetwork(net, { batch: rows, training: true });
  const outputs = {
    scores: training.scores,
    ...Object.fromEntries([...training.running].map(([path, next]) => [`next/${path}`, next])),
  };
  const session = await compile(
    graph({ inputs: [...training.inputs, ...training.values.values()], outputs }),
    { threads: 1 },
  );
  const answer = await session.run({ x, ...start });
  await session.release();
  // next = 0.9 · before + 0.1 · batch; the running variance is of a sample, the batch's own is not.
  const places = rows * 16;
  const own = Object.fromEntries(
    [...training.running.keys()].map((path) => {
      const before = start[path]!.data as Float32Array;
      const next = answer[`next/${path}`]!.data as Float32Array;
      const share = path.endsWith("var") ? (places - 1) / places : 1;
      return [
        path,
        {
          ...start[path]!,
          data: next.map((value, i) => ((value - 0.9 * before[i]!) / 0.1) * share),
        } as Tensor,
      ];
    }),
  );
  const shipped = await compile(nn.scoringGraph(net, { ...start, ...own }), { threads: 1 });
  const scores = (await shipped.run({ x }))["scores"]!.data as Float32Array;
  await shipped.release();
  const wanted = answer["scores"]!.data as Float32Array;
  scores.forEach((score, i) => expect(Math.abs(score - wanted[i]!)).toBeLessThan(1e-4));
});

describe("published counts", () => {
  const imagenet = nn.network(picture(224), nn.resnet(1000, { depth: 18 }));
  test("resnet-18 has 11,689,512 parameters", () => expect(nn.parameterCount(imagenet)).toBe(11_689_512));
  test("mobileNetV2 has 3,504,872 parameters", () =>
    expect(nn.parameterCount(nn.network(picture(224), nn.mobileNetV2(1000)))).toBe(3_504_872));
  test("resnet-20 has 0.27 million parameters", () => {
    const net = nn.network(picture(32), nn.resnet(10, { depth: 20 }));
    // The two shortcuts that change the shape have parameters here: 16 × 32 + 64 and 32 × 64 + 128 of them.
    expect(nn.parameterCount(net) - 2752).toBe(269_722);
  });
});

test("a depth that no such network has is refused", () => {
  expect(() => nn.resnet(10, { depth: 10 })).toThrow(/needs 18 or 6n \+ 2/);
});
