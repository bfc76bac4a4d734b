/** Which sounds a network learns, which epoch's weights are taken, and that the file's graph hears what training saw. */
import { describe, expect, test } from "vitest";
import { createRandom } from "../../core/index.ts";
import * as nn from "../../nn/index.ts";
import { compile } from "../../runtime/index.ts";
import { fitAll, heldLength, type LearnOptions, learnSounds, normalise, type Side } from "./learn-sounds.ts";
import { framesOf, frontOf } from "./nets.ts";

const rate = 4000;
/** Low and high tones in noise, of a fifth to a quarter of a second. */
function tones(count: number, seed: number): Side {
  const samples = Array.from({ length: count }, (_, row) => {
    const random = createRandom(seed).child(row);
    const hertz = [300, 1200][row % 2]! * (0.9 + 0.2 * random.next());
    return Float32Array.from(
      { length: 800 + random.integer(200) },
      (_unused, t) => Math.sin((2 * Math.PI * hertz * t) / rate) + 0.1 * random.normal(),
    );
  });
  return { samples, codes: Int32Array.from({ length: count }, (_, row) => row % 2) };
}

test("the length holds 19 of 20 sounds, in tenths of a second", () => {
  const of = (...lengths: number[]): Side => ({
    samples: lengths.map((length) => new Float32Array(length)),
    codes: new Int32Array(lengths.length),
  });
  const many = Array.from({ length: 19 }, () => 1990);
  expect(heldLength(of(...many, 8000), rate)).toBe(0.5);
  expect(heldLength(of(...many, 8000, 8000), rate)).toBe(2);
  expect(heldLength(of(10), rate)).toBe(0.2);
  expect(heldLength(of(rate * 60), rate)).toBe(10);
});

describe("learnSounds", () => {
  const train = tones(24, 1);
  const size = { rate, length: 1000 };
  const options: LearnOptions = {
    ...{ size, classCount: 2, epochs: 3, seed: 1, threads: 1 },
    net: "ds-cnn",
    augment: ["speed", "mask"],
  };

  test("without validation the last weights are taken, and the file's graph scores as the network (1e-4)", async () => {
    const { trained, figures, shipped } = await learnSounds(train, options, createRandom(1));
    expect(trained.bestEpoch).toBe(3);
    expect(trained.history.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
    expect(trained.history.every((epoch) => epoch.validationMetric === undefined)).toBe(true);

    const data = fitAll(tones(6, 2).samples, size);
    const front = frontOf(size);
    const heard = await nn.applyLayer(nn.melSpectrogram(front), { dtype: "float32", shape: [1000], data });
    normalise(heard.data as Float32Array, figures, framesOf(size));
    const scores = async (network: nn.Network, x: Float32Array, shape: readonly number[]) => {
      const session = await compile(nn.scoringGraph(network, trained.weights), { threads: 1 });
      const answer = await session.run({ x: { dtype: "float32", shape: [6, ...shape], data: x } });
      const row = Array.from(Object.values(answer)[0]!.data as Float32Array);
      await session.release();
      return row;
    };
    const bySpectrogram = await scores(trained.network, heard.data as Float32Array, heard.shape);
    const bySamples = await scores(shipped, data, [1000]);
    expect(bySamples.length).toBe(12);
    for (const [i, score] of bySamples.entries())
      expect(Math.abs(score - bySpectrogram[i]!)).toBeLessThan(1e-4);
  });

  test("with validation the first of the best epochs is taken", async () => {
    const validation = tones(10, 3);
    const { trained } = await learnSounds(train, { ...options, validation }, createRandom(1));
    const right = trained.history.map((epoch) => epoch.validationMetric!);
    expect(right).toHaveLength(3);
    expect(trained.bestEpoch).toBe(1 + right.indexOf(Math.max(...right)));
  });
});
