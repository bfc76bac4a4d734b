/** The networks of `network-speed.ts`, with rows for a batch; `network-speed.py` has the same in PyTorch. */
import { createRandom, type Random, type Tensor } from "../../src/core/index.ts";
import * as nn from "../../src/nn/index.ts";

export interface SpeedNet {
  readonly network: nn.Network;
  readonly loss: nn.Loss;
  readonly optimiser: nn.Optimiser;
  readonly clipNorm?: number;
  readonly rows: nn.Batch;
  /** Steps of a round. */
  readonly steps: number;
  /** Whether PyTorch may be faster with channels last. */
  readonly pictures: boolean;
}

interface Plain {
  readonly shape: readonly number[];
  readonly batch: number;
  readonly steps: number;
  readonly optimiser: nn.Optimiser;
  readonly body: nn.Layer;
  readonly pictures?: boolean;
}

const block = (inputs: number, outputs: number, stride: number): nn.Layer =>
  nn.sequential([
    nn.residual(
      nn.sequential([
        nn.conv2d(outputs, 3, { stride, padding: 1, bias: false }),
        nn.batchNorm(),
        nn.relu(),
        nn.conv2d(outputs, 3, { bias: false }),
        nn.batchNorm(),
      ]),
      stride === 1 && inputs === outputs
        ? undefined
        : nn.sequential([nn.conv2d(outputs, 1, { stride, padding: 0, bias: false }), nn.batchNorm()]),
    ),
    nn.relu(),
  ]);

/** Ten classes of normal numbers. */
function plain({ shape, batch, body, pictures = false, ...rest }: Plain): SpeedNet {
  const random = createRandom(1);
  const size = shape.reduce((a, b) => a * b, batch);
  const x: Tensor = {
    dtype: "float32",
    shape: [batch, ...shape],
    data: Float32Array.from({ length: size }, () => random.normal()),
  };
  return {
    ...rest,
    pictures,
    network: nn.network({ dtype: "float32", shape }, body),
    loss: nn.crossEntropy(),
    rows: batchOf(
      { x },
      labels([batch], () => random.integer(10)),
      new Float32Array(batch).fill(1),
    ),
  };
}

/** As `textNet` makes it for AG News. */
function text(): SpeedNet {
  const random = createRandom(1);
  const [batch, buckets] = [64, 131_072];
  const texts = [
    { name: "words", length: 96, count: 7226, longestRun: 2, runVectors: someOf(buckets, 10_572, random) },
    { name: "signs", length: 256, count: 124, longestRun: 5, runVectors: someOf(buckets, 62_976, random) },
  ];
  const inputs = texts.map(({ name, length, count }): [string, Tensor] => {
    const full = Array.from({ length: batch }, () => Math.floor(length * (0.3 + 0.65 * random.next())));
    const code = (row: number, place: number): number =>
      place < full[row]! ? 1 + Math.floor((count - 1) * random.next() ** 3) : 0;
    const data = Int32Array.from({ length: batch * length }, (_, i) =>
      code(Math.floor(i / length), i % length),
    );
    return [name, { dtype: "int32", shape: [batch, length], data }];
  });
  return {
    network: nn.textBag({ texts, classes: 4, size: 16, dropout: 0.3, tokenDropout: 0.3, buckets }),
    loss: nn.crossEntropy({ labelSmoothing: 0.05 }),
    optimiser: nn.adamw({ learningRate: 0.003, weightDecay: 0.02, beta2: 0.99 }),
    rows: batchOf(
      Object.fromEntries(inputs),
      labels([batch], () => random.integer(4)),
      new Float32Array(batch).fill(1),
    ),
    steps: 20,
    pictures: false,
  };
}

/** Numbers 1 … count for some of the buckets, 0 for the others. */
function someOf(buckets: number, count: number, random: Random): Int32Array {
  const vectors = new Int32Array(buckets);
  const order = random.shuffle(Int32Array.from({ length: buckets }, (_, i) => i));
  for (let k = 0; k < count; k++) vectors[order[k]!] = k + 1;
  return vectors;
}

/** As `millwright train --task tags` makes it for WNUT-17. */
function tags(): SpeedNet {
  const random = createRandom(1);
  const [batch, places, letters, flags] = [32, 32, 20, 14];
  const full = Array.from({ length: batch }, () => 5 + random.integer(27));
  const tokens = Array.from({ length: batch * places }, (_, i) => i % places < full[Math.floor(i / places)]!);
  const word = Int32Array.from(tokens, (there) => (there ? 1 + Math.floor(3282 * random.next() ** 3) : 0));
  const written = tokens.map((there) => (there ? 1 + random.integer(10) : 0));
  const characters = Int32Array.from({ length: tokens.length * letters }, (_, i) =>
    i % letters < written[Math.floor(i / letters)]! ? 1 + random.integer(90) : 0,
  );
  const style = Float32Array.from({ length: tokens.length * flags }, (_, i) =>
    tokens[Math.floor(i / flags)]! && random.next() < 0.2 ? 1 : 0,
  );
  return {
    network: nn.tagger({
      places,
      words: 3283,
      characters: 91,
      characterPlaces: letters,
      flags,
      classes: 13,
      characterSize: 16,
      filters: 48,
      dropout: 0.5,
      wordDropout: 0.5,
    }),
    loss: nn.crossEntropy(),
    optimiser: nn.adamw({ learningRate: 0.005, weightDecay: 0.1, beta2: 0.99 }),
    clipNorm: 5,
    rows: batchOf(
      {
        word: { dtype: "int32", shape: [batch, places], data: word },
        characters: { dtype: "int32", shape: [batch, places, letters], data: characters },
        flags: { dtype: "float32", shape: [batch, places, flags], data: style },
      },
      labels([batch, places], () => random.integer(13)),
      Float32Array.from(tokens, Number),
    ),
    steps: 10,
    pictures: false,
  };
}

function labels(shape: readonly number[], draw: () => number): Tensor {
  const length = shape.reduce((a, b) => a * b, 1);
  return { dtype: "int64", shape, data: BigInt64Array.from({ length }, () => BigInt(draw())) };
}

function batchOf(inputs: Readonly<Record<string, Tensor>>, target: Tensor, weight: Float32Array): nn.Batch {
  const count = target.shape[0]!;
  return { inputs, target, weight, rows: Uint32Array.from({ length: count }, (_, i) => i) };
}

export const speedNets: Readonly<Record<string, () => SpeedNet>> = {
  mlp: () =>
    plain({
      shape: [784],
      batch: 128,
      steps: 40,
      optimiser: nn.adam(),
      body: nn.sequential([nn.dense(512), nn.relu(), nn.dense(512), nn.relu(), nn.dense(10)]),
    }),
  cnn: () =>
    plain({
      shape: [1, 28, 28],
      batch: 128,
      steps: 10,
      optimiser: nn.sgd({ momentum: 0.9 }),
      pictures: true,
      body: nn.sequential([
        nn.conv2d(32, 3),
        nn.relu(),
        nn.maxPool(2),
        nn.conv2d(64, 3),
        nn.relu(),
        nn.maxPool(2),
        nn.flatten(),
        nn.dense(128),
        nn.relu(),
        nn.dense(10),
      ]),
    }),
  resnet18: () =>
    plain({
      shape: [3, 32, 32],
      batch: 32,
      steps: 3,
      optimiser: nn.sgd({ momentum: 0.9 }),
      pictures: true,
      body: nn.sequential([
        nn.conv2d(64, 3, { bias: false }),
        nn.batchNorm(),
        nn.relu(),
        ...[64, 128, 256, 512].flatMap((outputs, i) => [
          block(i === 0 ? 64 : outputs / 2, outputs, i === 0 ? 1 : 2),
          block(outputs, outputs, 1),
        ]),
        nn.globalPool(),
        nn.dense(10),
      ]),
    }),
  lstm: () =>
    plain({
      shape: [64, 64],
      batch: 32,
      steps: 20,
      optimiser: nn.adam(),
      body: nn.sequential([nn.lstm(128), nn.pick(1, -1), nn.dense(10)]),
    }),
  transformer: () =>
    plain({
      shape: [64, 128],
      batch: 32,
      steps: 8,
      optimiser: nn.adam(),
      body: nn.sequential([
        nn.transformerBlock({ heads: 4 }),
        nn.transformerBlock({ heads: 4 }),
        nn.meanOver(1),
        nn.dense(10),
      ]),
    }),
  // As `millwright train` makes it for 0.7 s of speech.
  "ds-cnn": () =>
    plain({
      shape: [40, 34],
      batch: 64,
      steps: 10,
      optimiser: nn.adam(),
      pictures: true,
      body: nn.dsCnn(10),
    }),
  text,
  tags,
};
