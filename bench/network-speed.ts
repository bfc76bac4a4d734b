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
import * as nn from "../src/nn/index.ts";
import { Trainer } from "../src/nn/training/trainer.ts";
import { compile } from "../src/runtime/index.ts";
import { machineLine } from "./support/machine.ts";
import { type SpeedNet, speedNets } from "./support/speed-nets.ts";

const { values: flags } = parseArgs({
  options: {
    smoke: { type: "boolean", default: false },
    nets: { type: "string", default: Object.keys(speedNets).join(",") },
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

console.log(machineLine());
const peer = flags.smoke ? undefined : startPeer();
const chosen = flags.nets.split(",");
for (const name of flags.smoke ? ["mlp"] : chosen) {
  const net = speedNets[name]!();
  for (const threads of flags.smoke ? [1] : flags.threads.split(",").map(Number)) {
    for (const mode of flags.modes.split(",") as Job["mode"][])
      await compare(net, { net: name, threads, mode, steps: net.steps });
  }
}
peer?.end();

async function compare(net: SpeedNet, job: Job): Promise<void> {
  const ours = await prepare(net, job);
  const rounds: { ours: Figures; theirs: Figures | undefined }[] = [];
  for (let k = 0; k < (flags.smoke ? 1 : Number(flags.rounds)); k++) {
    const mine = await measure(ours.run, flags.smoke ? 2 : job.steps);
    const plain = await peer?.ask({ ...job, channelsLast: false });
    const last = net.pictures ? await peer?.ask({ ...job, channelsLast: true }) : undefined;
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

async function prepare(
  { network, loss, optimiser, clipNorm, rows }: SpeedNet,
  { threads, mode }: Job,
): Promise<{ run: () => Promise<unknown>; release: () => Promise<void> }> {
  const weights = nn.initialise(network, { seed: 1 });
  if (mode === "infer") {
    const session = await compile(nn.scoringGraph(network, weights), { threads });
    return { run: () => session.run(rows.inputs), release: () => session.release() };
  }
  const trainer = await Trainer.create(network, weights, {
    loss,
    optimiser,
    ...(clipNorm !== undefined && { clipNorm }),
    batchSize: rows.rows.length,
    seed: 1,
    threads,
    replicas: flags.replicas === "all" ? threads : Number(flags.replicas),
  });
  let step = 0;
  return {
    run: () => trainer.step([rows], optimiser.learningRate, ++step, 0),
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
