/**
 * Published networks in full size with random weights, exported by PyTorch and imported by `nn.load`: the losses of the
 * same steps of plain SGD with momentum on the same rows beside PyTorch's, and the largest relative difference. Beside it
 * that of PyTorch from itself where the first weights differ by 1e-7, since some nets let such a difference grow.
 *
 * Pictures are 64 × 64 and texts 16 tokens, which changes no weight of these networks but ViT's positions.
 *
 *   PEERS_PYTHON=… node --import tsx bench/import-networks.ts [--nets resnet18,…] [--steps 20] [--rows N] [--rate R]
 *   node --import tsx bench/import-networks.ts --smoke
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import type { Tensor } from "../src/core/index.ts";
import * as nn from "../src/nn/index.ts";
import { Trainer } from "../src/nn/training/trainer.ts";
import { machineLine } from "./support/machine.ts";

/** Rows, and rates at which the loss falls and neither vanishes nor grows again: from there on rounding grows by itself. */
const all: Readonly<Record<string, { readonly rows: number; readonly rate: number }>> = {
  resnet18: { rows: 16, rate: 0.0002 },
  "resnet18:train": { rows: 16, rate: 0.0001 },
  mobilenet_v2: { rows: 8, rate: 0.02 },
  "mobilenet_v2:train": { rows: 64, rate: 0.00005 },
  mobilenet_v3_large: { rows: 8, rate: 0.1 },
  efficientnet_b0: { rows: 8, rate: 0.1 },
  convnext_tiny: { rows: 8, rate: 0.0001 },
  vit_b_16: { rows: 8, rate: 0.0005 },
  bert_base: { rows: 8, rate: 0.002 },
};
const { values: flags } = parseArgs({
  options: {
    smoke: { type: "boolean", default: false },
    nets: { type: "string", default: Object.keys(all).join(",") },
    steps: { type: "string", default: "20" },
    rows: { type: "string" },
    rate: { type: "string" },
  },
});

interface Answer {
  readonly torch: string;
  readonly parameters: number;
  readonly inputs: Readonly<Record<string, readonly number[]>>;
  readonly losses: readonly number[];
  /** The largest relative difference of PyTorch from itself where the first weights differ by 1e-7. */
  readonly rounding: number;
}

function batchOf(folder: string, { inputs }: Pick<Answer, "inputs">): nn.Batch {
  const buffer = (name: string): ArrayBuffer =>
    new Uint8Array(readFileSync(join(folder, `${name}.bin`))).buffer;
  const rows = Object.values(inputs)[0]![0]!;
  const given = Object.entries(inputs).map(([name, shape]): [string, Tensor] => [
    name,
    name === "x"
      ? { dtype: "float32", shape, data: new Float32Array(buffer(name)) }
      : { dtype: "int64", shape, data: new BigInt64Array(buffer(name)) },
  ]);
  return {
    inputs: Object.fromEntries(given),
    target: { dtype: "int64", shape: [rows], data: new BigInt64Array(buffer("target")) },
    weight: new Float32Array(rows).fill(1),
    rows: Uint32Array.from({ length: rows }, (_, i) => i),
  };
}

async function lossesOf(
  { network, weights }: nn.Imported,
  batch: nn.Batch,
  steps: number,
  rate: number,
): Promise<number[]> {
  const trainer = await Trainer.create(network, weights, {
    loss: nn.crossEntropy(),
    optimiser: nn.sgd({ learningRate: rate, momentum: 0.9 }),
    batchSize: batch.rows.length,
    seed: 1,
  });
  try {
    const losses: number[] = [];
    for (let step = 1; step <= steps; step++) losses.push((await trainer.step([batch], rate, step, 0)).loss);
    return losses;
  } finally {
    await trainer.release();
  }
}

/** The bench's own way without PyTorch: a small file of the tests. */
async function smoke(): Promise<void> {
  const fixtures = new URL("../test/fixtures/exports/", import.meta.url).pathname;
  const imported = await nn.load(join(fixtures, "resnet.torchscript.onnx"));
  const x = Float32Array.from({ length: 4 * 3 * 32 * 32 }, (_, i) => Math.sin(i));
  const batch: nn.Batch = {
    inputs: { x: { dtype: "float32", shape: [4, 3, 32, 32], data: x } },
    target: { dtype: "int64", shape: [4], data: BigInt64Array.from([0n, 1n, 2n, 1n]) },
    weight: new Float32Array(4).fill(1),
    rows: Uint32Array.from([0, 1, 2, 3]),
  };
  const losses = await lossesOf(imported, batch, 2, 0.002);
  if (!losses.every(Number.isFinite)) throw new Error(`losses ${losses.join(", ")}`);
}

type Peer = (job: object) => Promise<Answer>;

/** One Python for all networks: its start costs more than the small ones. */
function startPeer(python: string): { readonly ask: Peer; readonly stop: () => void } {
  const script = new URL("import-networks.py", import.meta.url).pathname;
  const child = spawn(python, [script], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async ask(job) {
      child.stdin.write(`${JSON.stringify(job)}\n`);
      for (;;) {
        const { value, done } = await lines.next();
        if (done) throw new Error("import-networks.py ended without an answer.");
        // The exporter prints to the same stream.
        if (value.startsWith("{")) return JSON.parse(value) as Answer;
      }
    },
    stop: () => child.stdin.end(),
  };
}

async function compare(name: string, ask: Peer): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), "millwright-import-"));
  try {
    const [net = "", mode] = name.split(":");
    const train = mode === "train";
    const rows = Number(flags.rows ?? all[name]!.rows);
    const rate = Number(flags.rate ?? all[name]!.rate);
    const job = { net, folder, steps: Number(flags.steps), rows, rate, train };
    const answer = await ask(job);
    const imported = await nn.load(join(folder, "net.onnx"), train ? { batchNorm: "train" } : {});
    const { parameterCount, blocking } = imported.report;
    const losses = await lossesOf(imported, batchOf(folder, answer), answer.losses.length, rate);
    const apart = Math.max(...losses.map((loss, i) => Math.abs(loss / answer.losses[i]! - 1)));
    const good = apart < 1e-3 && parameterCount === answer.parameters && blocking.length === 0;
    const cells = [
      train ? `${net}, BatchNormalization in training mode` : net,
      parameterCount === answer.parameters
        ? parameterCount.toLocaleString("en")
        : `${parameterCount} (PyTorch ${answer.parameters})`,
      String(rows),
      String(rate),
      `${answer.losses[0]!.toFixed(4)} → ${answer.losses.at(-1)!.toFixed(4)}`,
      apart.toExponential(1),
      answer.rounding.toExponential(1),
    ];
    console.log(`| ${cells.join(" | ")} |${good ? "" : " NOT EQUAL"}`);
    return good;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (flags.smoke) await smoke();
else {
  const python = process.env["PEERS_PYTHON"];
  if (python === undefined)
    throw new Error("Set PEERS_PYTHON to a Python with torch, torchvision and transformers.");
  console.log(machineLine());
  console.log(`${flags.steps} steps of SGD, momentum 0.9`);
  console.log(
    "| network | parameters | rows | rate | loss in PyTorch | largest relative difference | PyTorch from weights off by 1e-7 |\n|---|---|---|---|---|---|---|",
  );
  const peer = startPeer(python);
  let good = true;
  for (const name of flags.nets.split(",")) good = (await compare(name, peer.ask)) && good;
  peer.stop();
  if (!good) process.exitCode = 1;
}
