import { describe, expect, test } from "vitest";
import { createRandom, type Tensor } from "../../core/index.ts";
import { compile } from "../../runtime/index.ts";
import * as nn from "../index.ts";
import { scoringGraph } from "../training/step.ts";

interface Answer {
  readonly x: Float32Array;
  readonly weights: nn.Weights;
  readonly y: Float32Array;
  readonly shape: readonly number[];
}

const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1);

/** What a network answers to two rows of normal numbers. */
async function answer(
  net: nn.Network,
  weights = nn.initialise(net, { seed: 1 }),
  change: (x: Float32Array, name: string) => void = () => undefined,
): Promise<Answer> {
  const random = createRandom(4);
  const feeds: Record<string, Tensor> = {};
  for (const [name, { shape }] of Object.entries(net.inputs)) {
    const sizes = [2, ...shape.map(Number)];
    const data = Float32Array.from({ length: product(sizes) }, () => random.normal());
    change(data, name);
    feeds[name] = { dtype: "float32", shape: sizes, data };
  }
  const session = await compile(scoringGraph(net, weights));
  const { scores } = await session.run(feeds);
  await session.release();
  const x = Object.values(feeds)[0]!.data as Float32Array;
  return { x, weights, y: scores!.data as Float32Array, shape: scores!.shape };
}

const over = (layer: nn.Layer, ...shape: number[]): nn.Network =>
  nn.network({ dtype: "float32", shape }, layer);
const numbers = (weights: nn.Weights, path: string): Float32Array => weights[path]!.data as Float32Array;

function expectNear(found: ArrayLike<number>, wanted: readonly number[]): void {
  expect(found).toHaveLength(wanted.length);
  wanted.forEach((value, i) => expect(found[i]!).toBeCloseTo(value, 5));
}

describe("layers answer as plain loops (1e-5)", () => {
  test("groups of channels get mean 0 and deviation 1, then each channel its scale and shift", async () => {
    const net = over(nn.groupNorm(2, { epsilon: 1e-3 }), 4, 3);
    const start = nn.initialise(net, { seed: 1 });
    const vector = (...data: number[]): Tensor => ({
      dtype: "float32",
      shape: [4],
      data: Float32Array.from(data),
    });
    const weights = { ...start, weight: vector(1, 2, -1, 0.5), bias: vector(0, 1, 2, 3) };
    const { x, y } = await answer(net, weights);
    const wanted = Array.from(x, (value, i) => {
      const group = x.slice(Math.floor(i / 6) * 6, Math.floor(i / 6) * 6 + 6);
      const mean = group.reduce((a, b) => a + b) / 6;
      const variance = group.reduce((a, b) => a + (b - mean) ** 2, 0) / 6;
      const channel = Math.floor(i / 3) % 4;
      const scaled = ((value - mean) / Math.sqrt(variance + 1e-3)) * numbers(weights, "weight")[channel]!;
      return scaled + numbers(weights, "bias")[channel]!;
    });
    expectNear(y, wanted);
  });

  test("positions get sines of falling frequency, even features, and cosines, odd ones", async () => {
    const { x, y } = await answer(over(nn.sinusoidalPositions(), 5, 6));
    const wanted = Array.from(x, (value, i) => {
      const [position, feature] = [Math.floor(i / 6) % 5, i % 6];
      const angle = position * Math.exp((-Math.log(10_000) * (feature - (feature % 2))) / 6);
      return value + (feature % 2 === 0 ? Math.sin(angle) : Math.cos(angle));
    });
    expectNear(y, wanted);
  });

  test("branches stand side by side, in their order", async () => {
    const net = over(nn.branches({ twice: nn.dense(2), kept: nn.relu() }), 3);
    const { x, y, weights, shape } = await answer(net);
    expect(shape).toEqual([2, 5]);
    const [w, b] = [numbers(weights, "twice.weight"), numbers(weights, "twice.bias")];
    const wanted = [0, 3].flatMap((row) => [
      ...[0, 1].map((unit) => [0, 1, 2].reduce((sum, i) => sum + x[row + i]! * w[unit * 3 + i]!, b[unit]!)),
      ...[0, 1, 2].map((i) => Math.max(0, x[row + i]!)),
    ]);
    expectNear(y, wanted);
  });

  test("a separable convolution sees each channel by itself, then mixes them", async () => {
    const { x, y, weights, shape } = await answer(over(nn.separableConv2d(4, 3), 2, 5, 6));
    expect(shape).toEqual([2, 4, 5, 6]);
    const own = numbers(weights, "depthwise.weight");
    const [mix, bias] = [numbers(weights, "pointwise.weight"), numbers(weights, "pointwise.bias")];
    const seen = (row: number, channel: number, i: number, j: number): number => {
      let sum = 0;
      for (let di = -1; di <= 1; di++) {
        for (let dj = -1; dj <= 1; dj++) {
          const [a, b] = [i + di, j + dj];
          if (a < 0 || a > 4 || b < 0 || b > 5) continue;
          sum += x[((row * 2 + channel) * 5 + a) * 6 + b]! * own[channel * 9 + (di + 1) * 3 + dj + 1]!;
        }
      }
      return sum;
    };
    const wanted = Array.from(y, (_, at) => {
      const [row, filter, i, j] = [
        Math.floor(at / 120),
        Math.floor(at / 30) % 4,
        Math.floor(at / 6) % 5,
        at % 6,
      ];
      return (
        mix[filter * 2]! * seen(row, 0, i, j) + mix[filter * 2 + 1]! * seen(row, 1, i, j) + bias[filter]!
      );
    });
    expectNear(y, wanted);
  });

  test("an average pool takes the mean of each window, an upsampling repeats each place", async () => {
    const net = over(nn.sequential([nn.averagePool(2), nn.upsample(2)]), 1, 4, 6);
    const { x, y } = await answer(net);
    const wanted = Array.from(x, (_, at) => {
      const [row, i, j] = [
        Math.floor(at / 24),
        Math.floor((Math.floor(at / 6) % 4) / 2),
        Math.floor((at % 6) / 2),
      ];
      const place = row * 24 + 2 * i * 6 + 2 * j;
      return (x[place]! + x[place + 1]! + x[place + 6]! + x[place + 7]!) / 4;
    });
    expectNear(y, wanted);
  });

  test("squeeze and excitation weighs channels by what their means say", async () => {
    const { x, y, weights } = await answer(over(nn.squeezeExcite(2), 4, 3, 2));
    const at = (path: string): Float32Array => numbers(weights, `gate.${path}`);
    const wanted = Array.from(x, (value, i) => {
      const row = Math.floor(i / 24);
      const means = [0, 1, 2, 3].map((c) => {
        const from = row * 24 + c * 6;
        return x.slice(from, from + 6).reduce((a, b) => a + b) / 6;
      });
      const hidden = [0, 1].map((u) =>
        Math.max(
          0,
          means.reduce((sum, mean, c) => sum + mean * at("down.weight")[u * 4 + c]!, at("down.bias")[u]!),
        ),
      );
      const channel = Math.floor(i / 6) % 4;
      const score = hidden.reduce(
        (sum, h, u) => sum + h * at("up.weight")[channel * 2 + u]!,
        at("up.bias")[channel]!,
      );
      return value / (1 + Math.exp(-score));
    });
    expectNear(y, wanted);
  });

  test.each([
    ["LSTM", nn.lstm],
    ["GRU", nn.gru],
  ])("two layers of an %s are one behind the other", async (_, recurrent) => {
    const stacked = over(recurrent(5, { layers: 2 }), 4, 3);
    const apart = over(nn.sequential([recurrent(5), recurrent(5)]), 4, 3);
    const weights = nn.initialise(stacked, { seed: 1 });
    expect(Object.keys(weights).toSorted()).toEqual(
      Object.keys(nn.initialise(apart, { seed: 1 })).toSorted(),
    );
    const [one, two] = [await answer(stacked, weights), await answer(apart, weights)];
    expect(one.shape).toEqual([2, 4, 5]);
    expect(one.y).toEqual(two.y);
  });
});

test("a decoder's position sees itself, those before it and all of the memory", async () => {
  const net = nn.network(
    { x: { dtype: "float32", shape: [4, 8] }, memory: { dtype: "float32", shape: [3, 8] } },
    ({ x, memory }, scope) =>
      scope.apply("decoder", nn.transformerDecoderBlock({ heads: 2, feedForward: 16, memory: memory! }), x!),
  );
  const weights = nn.initialise(net, { seed: 1 });
  const plain = await answer(net, weights);
  const movedBy = async (name: string, at: number): Promise<number[]> => {
    const { y } = await answer(net, weights, (data, each) => {
      if (each === name) data[at]! += 1;
    });
    return [0, 1, 2, 3].filter((position) =>
      y.slice(8 * position, 8 * position + 8).some((value, i) => value !== plain.y[8 * position + i]),
    );
  };
  expect(await movedBy("x", 2 * 8)).toEqual([2, 3]);
  expect(await movedBy("memory", 0)).toEqual([0, 1, 2, 3]);
});
