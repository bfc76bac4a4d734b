/**
 * Accuracy of networks on pictures, trained from nothing by our own loop.
 *
 *   npx tsx bench/image-accuracy.ts fashion --data FOLDER [--net small|large] [--epochs 12] [--threads 1]
 *   npx tsx bench/image-accuracy.ts --smoke
 *
 * Fashion-MNIST: 55,000 training pictures, flipped and shifted by a pixel at random; the other 5,000 choose
 * the epoch; the 10,000 test pictures are scored once, by the file that ships, through ONNX Runtime. Published for
 * two convolutions and fewer than 100,000 parameters: 92.5 %. `--smoke` trains on made pictures, without data.
 */
import { readFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";
import { createRandom } from "../src/core/index.ts";
import * as nn from "../src/nn/index.ts";
import { compile } from "../src/runtime/index.ts";

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    data: { type: "string" },
    net: { type: "string", default: "small" },
    epochs: { type: "string", default: "12" },
    threads: { type: "string", default: "1" },
    smoke: { type: "boolean", default: false },
  },
});

const side = 28;
const classes = 10;
const validationRows = 5000;

interface Pictures {
  readonly x: nn.RowData;
  readonly y: nn.RowData;
  readonly count: number;
}

/** Grey levels to about mean 0 and variance 1: figures of the training pictures. */
const mean = 0.286;
const deviation = 0.353;
const black = -mean / deviation;

function pictures(pixels: Uint8Array, labels: Uint8Array): Pictures {
  const data = Float32Array.from(pixels, (level) => (level / 255 - mean) / deviation);
  return {
    x: { dtype: "float32", shape: [1, side, side], data },
    y: { dtype: "int64", shape: [], data: BigInt64Array.from(labels, BigInt) },
    count: labels.length,
  };
}

/** Training, validation and test pictures. */
function fashion(folder: string): readonly [Pictures, Pictures, Pictures] {
  const read = (name: string, header: number): Uint8Array =>
    gunzipSync(readFileSync(join(folder, name))).subarray(header);
  const pixels = read("train-images-idx3-ubyte.gz", 16);
  const labels = read("train-labels-idx1-ubyte.gz", 8);
  const cut = validationRows * side * side;
  return [
    pictures(pixels.subarray(cut), labels.subarray(validationRows)),
    pictures(pixels.subarray(0, cut), labels.subarray(0, validationRows)),
    pictures(read("t10k-images-idx3-ubyte.gz", 16), read("t10k-labels-idx1-ubyte.gz", 8)),
  ];
}

/** Bars of ten widths, with noise: what the smoke run learns. */
function made(): readonly [Pictures, Pictures, Pictures] {
  const part = (count: number, seed: number): Pictures => {
    const random = createRandom(seed);
    const labels = Uint8Array.from({ length: count }, (_, i) => i % classes);
    const pixels = new Uint8Array(count * side * side);
    for (let i = 0; i < pixels.length; i++) {
      const bar = i % side < 4 + 2 * labels[Math.floor(i / (side * side))]!;
      pixels[i] = (bar ? 180 : 20) + random.integer(60);
    }
    return pictures(pixels, labels);
  };
  return [part(640, 1), part(200, 2), part(200, 3)];
}

const scratch = new Float32Array(side * side);
/** Flips from left to right, and shifts by up to one pixel. */
const augment: nn.Augment = (row, random) => {
  const data = row as Float32Array;
  const flip = random.next() < 0.5;
  const dx = random.integer(3) - 1;
  const dy = random.integer(3) - 1;
  scratch.set(data);
  for (let i = 0; i < side; i++) {
    for (let j = 0; j < side; j++) {
      const y = i + dy;
      const x = (flip ? side - 1 - j : j) + dx;
      data[i * side + j] = y >= 0 && y < side && x >= 0 && x < side ? scratch[y * side + x]! : black;
    }
  }
};

/** A convolution, halved where told, then normalised. */
function stage(width: number, down: "pool" | "stride" | "keep"): nn.Layer {
  const stride = down === "stride" ? 2 : 1;
  const conv = nn.conv2d(width, 3, { bias: false, stride });
  const rest = { norm: nn.batchNorm(), act: nn.relu() };
  return nn.sequential(down === "pool" ? { conv, pool: nn.maxPool(2), ...rest } : { conv, ...rest });
}

const nets: Readonly<Record<string, () => nn.Layer>> = {
  small: () =>
    nn.sequential([
      stage(32, "pool"),
      stage(64, "stride"),
      stage(96, "pool"),
      nn.flatten(),
      nn.dropout(0.2),
      nn.dense(classes),
    ]),
  large: () =>
    nn.sequential([
      stage(64, "keep"),
      stage(64, "pool"),
      stage(128, "keep"),
      stage(128, "pool"),
      stage(256, "pool"),
      nn.flatten(),
      nn.dropout(0.3),
      nn.dense(classes),
    ]),
};

const loaderOf = ({ x, y }: Pictures, options: nn.ArrayLoaderOptions): nn.Loader =>
  nn.arrayLoader({ x }, y, options);

async function main(): Promise<void> {
  const [train, validation, test] = flags.smoke ? made() : fashion(flags.data!);
  const epochs = flags.smoke ? 4 : Number(flags.epochs);
  const threads = Number(flags.threads);
  const net = nn.network({ dtype: "float32", shape: [1, side, side] }, nets[flags.net]!());
  console.log(`${flags.net}: ${nn.parameterCount(net)} parameters, ${train.count} training pictures`);
  const cpuSeconds = (): number => (process.cpuUsage().user + process.cpuUsage().system) / 1e6;
  const began = { cpu: cpuSeconds(), ms: performance.now() };
  const spent = (): string =>
    `${((performance.now() - began.ms) / 60_000).toFixed(1)} min, ${((cpuSeconds() - began.cpu) / 60).toFixed(1)} CPU min`;
  const fitted = await nn.fit(
    net,
    nn.initialise(net, { seed: 1 }),
    {
      train: loaderOf(train, {
        batchSize: 128,
        seed: 1,
        augment: flags.smoke ? {} : { x: augment },
        dropLast: true,
      }),
      validation: loaderOf(validation, { batchSize: 200 }),
      loss: nn.crossEntropy(),
      metric: nn.accuracyOfScores,
      optimiser: nn.adamw({ learningRate: 0.006, weightDecay: 0.05 }),
      schedule: nn.oneCycle({ rise: 0.2 }),
      epochs,
      seed: 1,
      threads,
    },
    (event) => {
      if (event.type !== "epoch") return;
      const { epoch, loss, validationLoss, validationMetric } = event;
      console.log(
        `epoch ${epoch}/${epochs}: loss ${loss.toFixed(4)}, validation ${validationLoss!.toFixed(4)} and ${(100 * validationMetric!).toFixed(2)} % (${spent()})`,
      );
    },
  );
  const session = await compile(nn.scoringGraph(net, fitted.weights), { threads });
  let right = 0;
  for (const batch of loaderOf(test, { batchSize: 200 }).batches(0) as Iterable<nn.Batch>) {
    const scores = (await session.run(batch.inputs))["scores"]!.data as Float32Array;
    batch.rows.forEach((_, i) => {
      const row = scores.subarray(i * classes, (i + 1) * classes);
      if (row.indexOf(Math.max(...row)) === Number(batch.target.data[i])) right++;
    });
  }
  await session.release();
  const share = right / test.count;
  const error = Math.sqrt((share * (1 - share)) / test.count);
  console.log(
    `test accuracy ${(100 * share).toFixed(2)} ± ${(100 * error).toFixed(2)} % on ${test.count} pictures, epoch ${fitted.bestEpoch} of ${epochs}; ${spent()}, ${threads} thread${threads === 1 ? "" : "s"}`,
  );
  console.log(
    `${cpus()[0]!.model}, ${cpus().length} cores, load ${loadavg()[0]!.toFixed(1)}, Node ${process.version}`,
  );
  if (flags.smoke && share < 0.9) throw new Error("the smoke run did not learn");
}

if (!flags.smoke && (positionals[0] !== "fashion" || flags.data === undefined)) {
  throw new Error("Name the task and the folder: fashion --data FOLDER, or --smoke.");
}
await main();
