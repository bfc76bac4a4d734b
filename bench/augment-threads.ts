/**
 * A training with changes of its rows in the calling thread, and in one and two threads beside it.
 *
 * Pictures of 64 × 64 with the changes of `train --task image`, and spectrograms with those of `train --task audio`, each
 * through the network that is trained there by default. One thread inside a step. Checks first that the weights are the
 * same bits, then takes turns; the first epoch, in which threads start, is not counted.
 *
 *   node --import tsx bench/augment-threads.ts [--smoke]
 */
import { parseArgs } from "node:util";
import { createRandom, type Tensor } from "../src/core/index.ts";
import * as nn from "../src/nn/index.ts";
import { spectrogramChanges } from "../src/tasks/audio/changes.ts";
import { soundBody } from "../src/tasks/audio/nets.ts";
import { changeNames, changesOf } from "../src/tasks/image/changes.ts";
import { channelFigures, pictureNetwork } from "../src/tasks/image/nets.ts";
import { machineLine } from "./support/machine.ts";

const { values: flags } = parseArgs({ options: { smoke: { type: "boolean", default: false } } });
const [rounds, rowCount] = flags.smoke ? [1, 128] : [3, 256];
const random = createRandom(1);
const target: nn.RowData = {
  ...{ dtype: "int64", shape: [] },
  data: BigInt64Array.from({ length: rowCount }, () => BigInt(random.integer(5))),
};

const size = { height: 64, width: 64, channels: 3 } as const;
const pixels = Uint8Array.from({ length: rowCount * 64 * 64 * 3 }, () => random.integer(256));
const [bands, frames] = [40, 101];
const levels = Float32Array.from({ length: rowCount * bands * frames }, () => random.normal());
const cases: readonly {
  readonly name: string;
  readonly network: nn.Network;
  readonly inputs: Readonly<Record<string, nn.RowData>>;
  readonly augment: Readonly<Record<string, nn.Augment>>;
}[] = [
  {
    name: "pictures of 64 × 64, small-cnn",
    network: pictureNetwork("small-cnn", size, 5, channelFigures(pixels, 3)),
    inputs: { image: { dtype: "uint8", shape: [64, 64, 3], data: pixels } },
    augment: { image: changesOf(size, changeNames) },
  },
  {
    name: "spectrograms of 40 × 101, bc-resnet",
    network: nn.network({ dtype: "float32", shape: [bands, frames] }, soundBody("bc-resnet", 5)),
    inputs: { x: { dtype: "float32", shape: [bands, frames], data: levels } },
    augment: { x: nn.inPlace(spectrogramChanges(["voice", "microphone", "mask"])!, [bands, frames]) },
  },
];

/** Seconds and processor seconds of the second epoch, and the weights. */
async function train({ network, inputs, augment }: (typeof cases)[number], threads: number) {
  const loader = nn.arrayLoader(inputs, target, { batchSize: 64, seed: 1, augment, threads });
  let [wall, processor] = [0, process.cpuUsage()];
  const ended: { wall: number; processor: number }[] = [];
  const { weights } = await nn.fit(
    network,
    nn.initialise(network, { seed: 1 }),
    {
      ...{ train: loader, epochs: 2, seed: 1, loss: nn.crossEntropy() },
      optimiser: nn.adamw({ learningRate: 0.002 }),
    },
    (event) => {
      if (event.type !== "epoch") return;
      const { user, system } = process.cpuUsage(processor);
      ended.push({ wall: (performance.now() - wall) / 1000, processor: (user + system) / 1e6 });
      [wall, processor] = [performance.now(), process.cpuUsage()];
    },
  );
  await loader.close();
  return { ...ended[1]!, weights };
}

/** Seconds that the changes of an epoch take alone. */
function alone({ inputs, augment }: (typeof cases)[number]): number {
  const [plain, changed] = [{}, { augment }].map((options) => {
    const loader = nn.arrayLoader(inputs, target, { batchSize: 64, seed: 1, ...options });
    const started = process.cpuUsage();
    for (const _ of loader.batches(0) as Iterable<nn.Batch>);
    return process.cpuUsage(started).user / 1e6;
  });
  return changed! - plain!;
}

const bytesOf = (weights: nn.Weights): string =>
  Object.values<Tensor>(weights)
    .map(({ data }) => Buffer.from((data as Float32Array).slice().buffer).toString("base64"))
    .join();

console.log(machineLine());
for (const each of cases) {
  const runs = [0, 1, 2].map((threads) => ({ threads, wall: Infinity, processor: Infinity }));
  const weights = new Set<string>();
  for (let round = 0; round < rounds; round++) {
    for (const run of runs) {
      const got = await train(each, run.threads);
      weights.add(bytesOf(got.weights));
      run.wall = Math.min(run.wall, got.wall);
      run.processor = Math.min(run.processor, got.processor);
    }
  }
  if (weights.size !== 1) throw new Error(`${each.name}: ${weights.size} different results`);
  console.log(
    `${each.name}: changes of ${rowCount} rows alone ${alone(each).toFixed(2)} s of processor time`,
  );
  for (const { threads, wall, processor } of runs)
    console.log(
      `  ${threads} threads: epoch of ${wall.toFixed(2)} s, ${processor.toFixed(2)} s of processor time`,
    );
}
console.log(machineLine());
