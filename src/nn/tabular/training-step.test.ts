import { describe, expect, test } from "vitest";
import { createRandom, type Tensor } from "../../core/index.ts";
import { correctedRate } from "./adamw.ts";
import type { Encoding } from "./encoding.ts";
import { forwardReference, initialLayers, type Layer } from "./network.ts";
import { createStep, currentLayers } from "./training-step.ts";

const encoding: Encoding = {
  used: [0, 1],
  center: Float64Array.of(0, 0),
  scale: Float64Array.of(1, 1),
  ramped: [],
  start: new Float64Array(),
  slope: new Float64Array(),
  bins: 0,
  width: 2,
};
const optimiser = { beta1: 0.9, beta2: 0.99, epsilon: 1e-8 };
const float32 = (shape: number[], data: ArrayLike<number>): Tensor => ({
  dtype: "float32",
  shape,
  data: Float32Array.from(data),
});
const rows = [0.5, -1, 1.5, 0.25, -0.75, 2];
const weight = [0.5, 0.3, 0.2];

describe.each(["regression", "classification"] as const)("a training step of %s", (kind) => {
  const outputs = kind === "regression" ? 1 : 3;
  const sizes = [2, 4, outputs];
  const y = kind === "regression" ? [1, -0.5, 0.3] : [1, 0, 0, 0, 0, 1, 0, 1, 0];
  const random = createRandom(5);
  const start = initialLayers(sizes, random).map(({ weight: w, bias }) => ({
    weight: w.map(() => Math.fround(random.normal())),
    bias: bias.map(() => Math.fround(random.normal())),
  }));

  /** Weighted loss of the three rows, by hand. */
  const loss = (layers: readonly Layer<Float32Array | Float64Array>[]): number => {
    let total = 0;
    for (let i = 0; i < 3; i++) {
      const scores = forwardReference(
        sizes,
        layers as Layer<Float32Array>[],
        Float64Array.from(rows.slice(2 * i, 2 * i + 2)),
      );
      if (kind === "regression") total += (weight[i]! * (scores[0]! - y[i]!) ** 2) / 2;
      else {
        const sum = scores.reduce((s, v) => s + Math.exp(v), 0);
        scores.forEach((s, k) => {
          total -= weight[i]! * y[3 * i + k]! * (s - Math.log(sum));
        });
      }
    }
    return total;
  };

  test("is AdamW on the gradient by central differences, two steps long, to 1e-4", async () => {
    const state = await createStep({ encoding, sizes, kind, batchSize: 3, dropout: false, optimiser }, start);
    let layers = start.map(({ weight: w, bias }) => ({
      weight: Float64Array.from(w),
      bias: Float64Array.from(bias),
    }));
    const moments = layers.map(() => ({ weight: [] as number[][], bias: [] as number[][] }));
    for (let t = 1; t <= 2; t++) {
      const answer = await state.step({
        x: float32([3, 2], rows),
        y: float32([3, outputs], y),
        weight: float32([3, 1], weight),
        rate: float32([], [correctedRate(0.05, t, optimiser)]),
        keep: float32([], [0.99]),
      });
      expect((answer["loss"]!.data as Float32Array)[0]).toBeCloseTo(loss(layers), 4);
      const next = layers.map((layer) => ({ weight: layer.weight.slice(), bias: layer.bias.slice() }));
      layers.forEach((layer, k) => {
        for (const part of ["weight", "bias"] as const) {
          layer[part].forEach((value, i) => {
            const moved = (by: number): number => {
              const copy = layers.map((l) => ({ weight: l.weight.slice(), bias: l.bias.slice() }));
              copy[k]![part][i] = value + by;
              return loss(copy);
            };
            const g = (moved(1e-5) - moved(-1e-5)) / 2e-5;
            const [m, v] = moments[k]![part][i] ?? [0, 0];
            const pair = [0.9 * m! + 0.1 * g, 0.99 * v! + 0.01 * g * g];
            moments[k]![part][i] = pair;
            const change =
              (0.05 * (pair[0]! / (1 - 0.9 ** t))) / (Math.sqrt(pair[1]! / (1 - 0.99 ** t)) + 1e-8);
            next[k]![part][i] = value * (part === "weight" ? 0.99 : 1) - change;
          });
        }
      });
      layers = next;
    }
    currentLayers(state, sizes).forEach((layer, k) => {
      layer.weight.forEach((v, i) => expect(v).toBeCloseTo(layers[k]!.weight[i]!, 4));
      layer.bias.forEach((v, i) => expect(v).toBeCloseTo(layers[k]!.bias[i]!, 4));
    });
    await state.release();
  });
});
