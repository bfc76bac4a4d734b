/** Networks for sound: counts of parameters, what sees what, and training from made-up sounds to the file. */
import { describe, expect, test } from "vitest";
import { createRandom, type Tensor } from "../../core/index.ts";
import { compile } from "../../runtime/index.ts";
import * as nn from "../index.ts";
import { Trainer } from "../training/trainer.ts";

const norm = (channels: number): number => 2 * channels;
const dense = (from: number, to: number): number => from * to + to;

/** By the text of the paper's figure: a change of width, a look along bands, one along frames. */
function bcBlocks(stem: number, widths: readonly number[], blocks: number): number {
  let count = 0;
  let from = stem;
  for (const [stage, width] of widths.entries()) {
    for (let block = 0; block < blocks; block++) {
      const changes = from !== width || (block === 0 && (stage === 1 || stage === 2));
      if (changes) count += from * width + norm(width);
      count += 3 * width + norm(width) + 3 * width + norm(width) + width * width;
      from = width;
    }
  }
  return count;
}

const cases = [
  {
    name: "dsCnn",
    body: nn.dsCnn(10),
    count: 9 * 64 + norm(64) + 4 * (9 * 64 + norm(64) + 64 * 64 + norm(64)) + dense(64, 10),
  },
  {
    name: "dsCnn of 48 channels and 5 blocks",
    body: nn.dsCnn(7, { channels: 48, blocks: 5, halvings: 2 }),
    count: 9 * 48 + norm(48) + 5 * (9 * 48 + norm(48) + 48 * 48 + norm(48)) + dense(48, 7),
  },
  {
    name: "bcResNet",
    body: nn.bcResNet(10),
    count: 25 * 16 + norm(16) + bcBlocks(16, [8, 12, 16, 20], 2) + 20 * 40 + norm(40) + dense(40, 10),
  },
  {
    name: "tcn",
    body: nn.tcn(10),
    count: 20 * 32 + 32 + 3 * 20 * 32 + norm(32) + 7 * (3 * 32 * 32 + norm(32)) + dense(32, 10),
  },
  {
    name: "causal tcn",
    body: nn.tcn(3, { channels: 8, levels: 2, causal: true }),
    count: 20 * 8 + 8 + 3 * 20 * 8 + norm(8) + 3 * (3 * 8 * 8 + norm(8)) + dense(8, 3),
  },
];

describe.each(cases)("$name", ({ name, body, count }) => {
  const net = nn.network({ dtype: "float32", shape: [20, 24] }, body);
  const weights = nn.initialise(net, { seed: 1 });

  const stated = { dsCnn: 21_066, bcResNet: 5_418, tcn: 24_938 }[name];

  test(`has ${count} parameters`, () => {
    expect(nn.parameterCount(net)).toBe(count);
    // What the docs tell of the defaults.
    if (stated !== undefined) expect(count).toBe(stated);
  });

  test("a step moves every parameter", async () => {
    const random = createRandom(2);
    const rows = 4;
    const trainer = await Trainer.create(net, weights, {
      loss: nn.crossEntropy(),
      optimiser: nn.sgd({ learningRate: 0.1 }),
      batchSize: rows,
      seed: 1,
      threads: 1,
    });
    try {
      const x: Tensor = {
        dtype: "float32",
        shape: [rows, 20, 24],
        data: Float32Array.from({ length: rows * 480 }, () => random.normal()),
      };
      const target: Tensor = { dtype: "int64", shape: [rows], data: BigInt64Array.from([0n, 1n, 2n, 1n]) };
      const batch = {
        inputs: { x },
        target,
        weight: new Float32Array(rows).fill(1),
        rows: new Uint32Array(rows),
      };
      const { loss } = await trainer.step([batch], 0.1, 1, 0);
      expect(Number.isFinite(loss)).toBe(true);
      const after = trainer.weights();
      for (const path of Object.keys(weights))
        expect(after[path]!.data, path).not.toEqual(weights[path]!.data);
    } finally {
      await trainer.release();
    }
  });
});

test("a causal tcnBody sees what was, the other what comes too", async () => {
  for (const causal of [true, false]) {
    const net = nn.network(
      { dtype: "float32", shape: [2, 16] },
      nn.tcnBody({ channels: 3, levels: 2, causal }),
    );
    const session = await compile(nn.scoringGraph(net, nn.initialise(net, { seed: 3 })), { threads: 1 });
    const random = createRandom(1);
    const data = Float32Array.from({ length: 32 }, () => random.normal());
    const scores = async (): Promise<Float32Array> =>
      Object.values(await session.run({ x: { dtype: "float32", shape: [1, 2, 16], data } }))[0]!
        .data as Float32Array;
    const before = (await scores()).slice();
    data[10]! += 5;
    const after = await scores();
    const moved = [...after.keys()].filter((i) => after[i] !== before[i]).map((i) => i % 16);
    // Two convolutions of three steps a level: 2 × 2 × (1 + 2) = 12 steps of reach.
    if (causal) expect(Math.min(...moved)).toBe(10);
    else expect(Math.min(...moved)).toBeLessThan(10);
    await session.release();
  }
});

/** Tones that rise, fall or stay, at any pitch, loudness and place, in noise. */
function sounds(count: number, seed: number): { samples: nn.RowData; codes: nn.RowData } {
  const samples = new Float32Array(count * 2000);
  const codes = new BigInt64Array(count);
  for (let row = 0; row < count; row++) {
    const random = createRandom(seed).child(row);
    const kind = row % 3;
    codes[row] = BigInt(kind);
    const [loud, hertz, from] = [0.05 + random.next(), 500 + 900 * random.next(), random.integer(600)];
    const climb = [1, -0.5, 0][kind]! * hertz;
    for (let i = 0; i < 2000; i++) {
      const t = (i - from) / 1300;
      const tone =
        t < 0 || t > 1 ? 0 : Math.sin((2 * Math.PI * 1300 * (hertz * t + (climb * t * t) / 2)) / 4000);
      samples[row * 2000 + i] = loud * (tone + 0.1 * random.normal());
    }
  }
  return {
    samples: { dtype: "float32", shape: [2000], data: samples },
    codes: { dtype: "int64", shape: [], data: codes },
  };
}

test("dsCnn learns made-up sounds from features computed once; the file takes samples (≥ 95 % of 90, 1 / 3 by chance)", async () => {
  const [train, test] = [sounds(240, 1), sounds(90, 2)];
  const options = { rate: 4000, frame: 128, hop: 64, mels: 24, low: 100, range: 40 };
  const decibels = await nn.applyLayer(nn.melSpectrogram(options), train.samples);
  const [mels, frames] = decibels.shape as [number, number];
  const figures = nn.melFigures(decibels.data as Float32Array, mels, frames);
  const front = nn.melSpectrogram({ ...options, figures });
  const body = nn.dsCnn(3, { channels: 16, blocks: 3 });
  const net = nn.network({ dtype: "float32", shape: [mels, frames] }, nn.sequential({ body }));
  const features = await nn.applyLayer(front, train.samples);
  const trained = await nn.fit(net, nn.initialise(net, { seed: 1 }), {
    train: nn.arrayLoader({ x: features }, train.codes, {
      batchSize: 24,
      seed: 1,
      augment: {
        x: nn.inPlace(
          nn.augmentation([
            nn.augment.warpSpectrogram({ minPitch: 0.9, maxPitch: 1.1, minTime: 1, maxTime: 1, shift: 2 }),
            nn.augment.maskTime({ count: 1, most: 3 }),
          ]),
          [mels, frames],
        ),
      },
    }),
    loss: nn.crossEntropy(),
    optimiser: nn.adamw({ learningRate: 0.01 }),
    schedule: nn.oneCycle(),
    epochs: 8,
    seed: 1,
  });
  const shipped = nn.network({ dtype: "float32", shape: [2000] }, nn.sequential({ front, body }));
  const session = await compile(nn.scoringGraph(shipped, trained.weights), { threads: 1 });
  const score = async (rows: nn.RowData): Promise<Float32Array> =>
    Object.values(
      await session.run({
        x: { dtype: "float32", shape: [rows.data.length / 2000, 2000], data: rows.data as Float32Array },
      }),
    )[0]!.data as Float32Array;
  const scores = await score(test.samples);
  const right = Array.from(test.codes.data as BigInt64Array).filter((code, row) => {
    const own = scores.subarray(3 * row, 3 * row + 3);
    return own.indexOf(Math.max(...own)) === Number(code);
  });
  await session.release();
  expect(right.length / 90).toBeGreaterThanOrEqual(0.95);
  // The file's front end is what training saw: the same scores from samples as from features (1e-4).
  const evaluator = await nn.Evaluator.create(net, nn.crossEntropy());
  const { scored } = await evaluator.run(
    trained.weights,
    nn.arrayLoader({ x: await nn.applyLayer(front, test.samples) }, test.codes, { batchSize: 30 }),
  );
  await evaluator.release();
  for (const [i, value] of scores.entries()) expect(Math.abs(value - scored.scores[i]!)).toBeLessThan(1e-4);
});
