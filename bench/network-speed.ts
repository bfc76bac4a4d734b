/**
 * A training step (forward, loss, backward, optimiser) and an inference of six networks, beside PyTorch on the CPU.
 *
 * Both run in one process each, in turn, round by round; PyTorch in the better of its two memory formats. A round's
 * figure is the median step; what is told is the median of the rounds, and the ratio of processor time, which holds on a
 * busy machine too.
 *
 *   PEERS_PYTHON=… node --import tsx bench/network-speed.ts [--nets mlp,cnn] [--threads 1,2] [--rounds 5]
 *   node --import tsx bench/network-speed.ts --smoke
 *
 * `--replicas all` computes the batch of a training step in as many parts as there are threads, each on one of them.
 */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { createRandom } from "../src/core/index.ts";
import * as nn from "../src/nn/index.ts";
import { Trainer } from "../src/nn/training/trainer.ts";
import { compile } from "../src/runtime/index.ts";
import { machineLine } from "./support/machine.ts";

const { values: flags } = parseArgs({
  options: {
    smoke: { type: "boolean", default: false },
    nets: { type: "string", default: "mlp,cnn,resnet18,lstm,transformer,ds-cnn" },
    threads: { type: "string", default: "1,2" },
    rounds: { type: "string", default: "5" },
    replicas: { type: "string", default: "1" },
    modes: { type: "string", default: "train,infer" },
  },
});

interface Figures {
  /** Milliseconds of a step: the median and the least of a round, and processor time. */
  readonly median: number;
  readonly least: number;
  readonly cpu: number;
}
interface Job {
  readonly net: string;
  readonly threads: number;
  readonly steps: number;
  readonly mode: "train" | "infer";
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

const nets: Readonly<
  Record<string, { shape: readonly number[]; batch: number; body: nn.Layer; steps: number; adam: boolean }>
> = {
  mlp: {
    shape: [784],
    batch: 128,
    steps: 40,
    adam: true,
    body: nn.sequential([nn.dense(512), nn.relu(), nn.dense(512), nn.relu(), nn.dense(10)]),
  },
  cnn: {
    shape: [1, 28, 28],
    batch: 128,
    steps: 10,
    adam: false,
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
  },
  resnet18: {
    shape: [3, 32, 32],
    batch: 32,
    steps: 3,
    adam: false,
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
  },
  lstm: {
    shape: [64, 64],
    batch: 32,
    steps: 20,
    adam: true,
    body: nn.sequential([nn.lstm(128), nn.pick(1, -1), nn.dense(10)]),
  },
  transformer: {
    shape: [64, 128],
    batch: 32,
    steps: 8,
    adam: true,
    body: nn.sequential([
      nn.transformerBlock({ heads: 4 }),
      nn.transformerBlock({ heads: 4 }),
      nn.meanOver(1),
      nn.dense(10),
    ]),
  },
  // As `millwright train` makes it for 0.7 s of speech.
  "ds-cnn": { shape: [40, 34], batch: 64, steps: 10, adam: true, body: nn.dsCnn(10) },
};

console.log(machineLine());
const peer = flags.smoke ? undefined : startPeer();
const chosen = flags.nets.split(",");
for (const net of flags.smoke ? ["mlp"] : chosen) {
  for (const threads of flags.smoke ? [1] : flags.threads.split(",").map(Number)) {
    for (const mode of flags.modes.split(",") as Job["mode"][])
      await compare({ net, threads, mode, steps: nets[net]!.steps });
  }
}
peer?.end();

async function compare(job: Job): Promise<void> {
  const ours = await prepare(job);
  const rounds: { ours: Figures; theirs: Figures | undefined }[] = [];
  for (let k = 0; k < (flags.smoke ? 1 : Number(flags.rounds)); k++) {
    const mine = await measure(ours.run, flags.smoke ? 2 : job.steps);
    const plain = await peer?.ask({ ...job, channelsLast: false });
    const pictures = nets[job.net]!.shape.length === 3 || job.net === "ds-cnn";
    const last = pictures ? await peer?.ask({ ...job, channelsLast: true }) : undefined;
    rounds.push({ ours: mine, theirs: last && plain && last.median < plain.median ? last : plain });
  }
  await ours.release();
  const middle = (values: readonly number[]): number =>
    [...values].sort((a, b) => a - b)[values.length >> 1]!;
  const mine = middle(rounds.map(({ ours }) => ours.median));
  const name = `${job.net} ${job.mode}, ${job.threads} thread${job.threads > 1 ? "s" : ""}`;
  if (rounds[0]!.theirs === undefined) {
    console.log(`${name}: ${mine.toFixed(2)} ms`);
    return;
  }
  const theirs = middle(rounds.map((round) => round.theirs!.median));
  const ratios = rounds.map((round) => round.ours.median / round.theirs!.median);
  const busy = rounds.map((round) => round.ours.cpu / round.theirs!.cpu);
  console.log(
    `${name.padEnd(30)} ours ${mine.toFixed(2).padStart(8)} ms  PyTorch ${theirs.toFixed(2).padStart(8)} ms  ratio ${middle(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)})  processor time ${middle(busy).toFixed(2)}`,
  );
}

async function prepare({
  net: name,
  threads,
  mode,
}: Job): Promise<{ run: () => Promise<unknown>; release: () => Promise<void> }> {
  const { shape, batch, body, adam } = nets[name]!;
  const net = nn.network({ dtype: "float32", shape }, body);
  const weights = nn.initialise(net, { seed: 1 });
  const random = createRandom(1);
  const size = shape.reduce((a, b) => a * b, batch);
  const x = {
    dtype: "float32" as const,
    shape: [batch, ...shape],
    data: Float32Array.from({ length: size }, () => random.normal()),
  };
  if (mode === "infer") {
    const session = await compile(nn.scoringGraph(net, weights), { threads });
    return { run: () => session.run({ x }), release: () => session.release() };
  }
  const optimiser = adam ? nn.adam() : nn.sgd({ momentum: 0.9 });
  const trainer = await Trainer.create(net, weights, {
    loss: nn.crossEntropy(),
    optimiser,
    batchSize: batch,
    seed: 1,
    threads,
    replicas: flags.replicas === "all" ? threads : Number(flags.replicas),
  });
  const target = {
    dtype: "int64" as const,
    shape: [batch],
    data: BigInt64Array.from({ length: batch }, () => BigInt(random.integer(10))),
  };
  const rows = Uint32Array.from({ length: batch }, (_, i) => i);
  const batches = [{ inputs: { x }, target, weight: new Float32Array(batch).fill(1), rows }];
  let step = 0;
  return {
    run: () => trainer.step(batches, optimiser.learningRate, ++step, 0),
    release: () => trainer.release(),
  };
}

async function measure(run: () => Promise<unknown>, steps: number): Promise<Figures> {
  await run();
  const times: number[] = [];
  const before = process.cpuUsage();
  for (let k = 0; k < steps; k++) {
    const start = performance.now();
    await run();
    times.push(performance.now() - start);
  }
  const { user, system } = process.cpuUsage(before);
  times.sort((a, b) => a - b);
  return { median: times[steps >> 1]!, least: times[0]!, cpu: (user + system) / 1000 / steps };
}

function startPeer():
  | { ask(job: Job & { channelsLast: boolean }): Promise<Figures>; end(): void }
  | undefined {
  const python = process.env["PEERS_PYTHON"];
  if (python === undefined) return undefined;
  const child = spawn(python, [new URL("network-speed.py", import.meta.url).pathname], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, OMP_WAIT_POLICY: "passive" },
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<unknown> => JSON.parse((await lines.next()).value as string);
  const ready = next().then((about) => console.log(`PyTorch ${(about as { torch: string }).torch}`));
  return {
    async ask(job) {
      await ready;
      child.stdin.write(`${JSON.stringify(job)}\n`);
      return (await next()) as Figures;
    },
    end: () => child.stdin.end(),
  };
}
