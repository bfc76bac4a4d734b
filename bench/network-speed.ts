/**
 * A training step (forward, loss, backward, optimiser) and an inference of eight networks, beside PyTorch on the CPU.
 *
 * They run in turn, round by round, each in the best of its ways in the round: PyTorch in two memory formats, and with
 * threads that wait for work as its OpenMP does by default (quicker where the machine is quiet) and asleep; we with the
 * threads inside of operations and with a part of the batch on each (`replicas`). A round's figure is the median step;
 * what is told is the median of the rounds, and the ratio of processor time, which holds on a busy machine too.
 *
 *   PEERS_PYTHON=… node --import tsx bench/network-speed.ts [--nets mlp,cnn] [--threads 1,2] [--rounds 5]
 *   node --import tsx bench/network-speed.ts --smoke
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
    modes: { type: "string", default: "train,infer" },
  },
});

interface Figures {
  /** Milliseconds of a step: the median of a round, and processor time. */
  readonly median: number;
  readonly cpu: number;
}
interface Job {
  readonly net: string;
  readonly threads: number;
  readonly steps: number;
  readonly mode: "train" | "infer";
}

console.log(machineLine());
const python = flags.smoke ? undefined : process.env["PEERS_PYTHON"];
const peers =
  python === undefined ? [] : [startPeer(python, {}), startPeer(python, { OMP_WAIT_POLICY: "passive" })];
if (peers[0]) console.log(`PyTorch ${await peers[0].version}`);
for (const name of flags.smoke ? ["mlp"] : flags.nets.split(",")) {
  const net = speedNets[name]!();
  for (const threads of flags.smoke ? [1] : flags.threads.split(",").map(Number)) {
    for (const mode of flags.modes.split(",") as Job["mode"][])
      await compare(net, { net: name, threads, mode, steps: net.steps });
  }
}
for (const peer of peers) peer.end();

async function compare(net: SpeedNet, job: Job): Promise<void> {
  // Threads inside of operations, and a part of the batch on each.
  const ways = [await prepare(net, job, 1)];
  if (job.mode === "train" && job.threads > 1) ways.push(await prepare(net, job, job.threads));
  const rounds: { ours: readonly Figures[]; theirs: Figures | undefined }[] = [];
  for (let k = 0; k < (flags.smoke ? 1 : Number(flags.rounds)); k++) {
    const tried: Figures[] = [];
    for (const { run } of ways) tried.push(await measure(run, flags.smoke ? 2 : job.steps));
    let theirs: Figures | undefined;
    // One thread waits for nobody.
    for (const peer of job.threads > 1 ? peers : peers.slice(0, 1)) {
      for (const channelsLast of net.pictures ? [false, true] : [false]) {
        const each = await peer.ask({ ...job, channelsLast });
        if (theirs === undefined || each.median < theirs.median) theirs = each;
      }
    }
    rounds.push({ ours: tried, theirs });
  }
  for (const { release } of ways) await release();
  const middle = (values: readonly number[]): number =>
    [...values].sort((a, b) => a - b)[values.length >> 1]!;
  const best = ({ ours }: (typeof rounds)[number]): Figures =>
    ours.reduce((a, b) => (b.median < a.median ? b : a));
  const mine = middle(rounds.map((round) => best(round).median));
  const name = `${job.net} ${job.mode}, ${job.threads} thread${job.threads > 1 ? "s" : ""}`;
  if (rounds[0]!.theirs === undefined) {
    console.log(`${name}: ${mine.toFixed(2)} ms`);
    return;
  }
  const theirs = middle(rounds.map((round) => round.theirs!.median));
  const ratios = rounds.map((round) => best(round).median / round.theirs!.median);
  const busy = rounds.map((round) => best(round).cpu / round.theirs!.cpu);
  const each = ways.map((_, k) => middle(rounds.map(({ ours }) => ours[k]!.median)).toFixed(2));
  const apart = each.length > 1 ? `  (inside ${each[0]}, in parts ${each[1]})` : "";
  console.log(
    `${name.padEnd(30)} ours ${mine.toFixed(2).padStart(8)} ms  PyTorch ${theirs.toFixed(2).padStart(8)} ms  ratio ${middle(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)})  processor time ${middle(busy).toFixed(2)}${apart}`,
  );
}

async function prepare(
  { network, loss, optimiser, clipNorm, rows }: SpeedNet,
  { threads, mode }: Job,
  replicas: number,
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
    replicas,
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
  return { median: times[steps >> 1]!, cpu: (user + system) / 1000 / steps };
}

interface Peer {
  readonly version: Promise<string>;
  ask(job: Job & { channelsLast: boolean }): Promise<Figures>;
  end(): void;
}

function startPeer(python: string, environment: Readonly<Record<string, string>>): Peer {
  const child = spawn(python, [new URL("network-speed.py", import.meta.url).pathname], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, ...environment },
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<unknown> => JSON.parse((await lines.next()).value as string);
  const version = next().then((about) => (about as { torch: string }).torch);
  return {
    version,
    async ask(job) {
      await version;
      child.stdin.write(`${JSON.stringify(job)}\n`);
      return (await next()) as Figures;
    },
    end: () => child.stdin.end(),
  };
}
