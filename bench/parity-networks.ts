/**
 * Parity of networks: a file with a network in it answers the same in Node and in Python.
 *
 * Files of pictures, sounds, tags, sequences or texts, as `millwright train` writes them, are run on rows of random bytes,
 * samples, numbers and words of several languages, some of them empty. All outputs must agree within 1e-5, and strings
 * exactly. Without files, small networks with random weights are run, from the raw input to the scores.
 *
 *   PEERS_PYTHON=…/bin/python npx tsx bench/parity-networks.ts [--smoke] [model.onnx …]
 */
import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { createRandom, type Random, type Tensor } from "../src/core/index.ts";
import { writeOnnx } from "../src/graph/index.ts";
import * as nn from "../src/nn/index.ts";
import { scoringGraph } from "../src/nn/training/step.ts";
import { compile, type Port } from "../src/runtime/index.ts";
import { askPython } from "./parity/in-python.ts";
import { machineLine } from "./support/machine.ts";

const tolerance = 1e-5;
const rowCount = 8;
/** Where a file leaves a size open, as files of pictures do. */
const openSize = 24;
const files = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
const python = process.env.PEERS_PYTHON;

const words = ["Anna", "visits", "Paris", ".", "café", "東京", "Привет", "😀", "", "x1-y2", "THE"];

function randomTensor({ dtype, shape }: Port, random: Random): Tensor {
  const sizes = shape.map((size, axis) =>
    axis === 0 ? rowCount : typeof size === "number" ? size : openSize,
  );
  const length = sizes.reduce((a, b) => a * b, 1);
  const some = <T>(draw: () => T): T[] => Array.from({ length }, draw);
  switch (dtype) {
    case "uint8":
      return { dtype, shape: sizes, data: Uint8Array.from(some(() => random.integer(256))) };
    case "float32":
      return { dtype, shape: sizes, data: Float32Array.from(some(() => random.normal())) };
    case "float64":
      return {
        dtype,
        shape: sizes,
        data: Float64Array.from(some(() => (random.next() < 0.1 ? Number.NaN : 10 * random.normal()))),
      };
    case "string": {
      const text = (): string =>
        Array.from({ length: 1 + random.integer(6) }, () => words[random.integer(words.length)]!).join(" ");
      return { dtype, shape: sizes, data: some(text) };
    }
    default:
      throw new Error(`a network's input of ${dtype} is not known here`);
  }
}

interface Answer {
  readonly shape: readonly number[];
  readonly labels?: readonly string[];
  readonly values?: string;
}

interface Reply {
  readonly version: string;
  readonly answers: Readonly<Record<string, Answer>>;
}

/** As `run_tensors.py` reads it. */
function packed({ dtype, shape, data }: Tensor): object {
  if (Array.isArray(data)) return { dtype, shape, data };
  const { buffer, byteOffset, byteLength } = data as Float32Array;
  return { dtype, shape, data: Buffer.from(buffer, byteOffset, byteLength).toString("base64") };
}

/** Largest difference of a number, relative to its size where that is above 1; Infinity for other shapes or strings. */
function apart(here: Tensor, there: Answer): number {
  if (here.shape.join() !== there.shape.join()) return Infinity;
  const own = Array.from(here.data as ArrayLike<unknown>);
  if (there.labels) return there.labels.every((label, i) => label === own[i]) ? 0 : Infinity;
  const raw = Buffer.from(there.values!, "base64");
  const others = new Float64Array(new Uint8Array(raw).buffer);
  return own.reduce<number>((most, value, i) => {
    const [a, b] = [Number(value), others[i]!];
    if (Object.is(a, b)) return most;
    const gap = Math.abs(a - b) / Math.max(1, Math.abs(a));
    return Number.isNaN(gap) ? Infinity : Math.max(most, gap);
  }, 0);
}

/** Networks from raw inputs to scores. */
function* untrained(): Generator<{ name: string; bytes: Uint8Array }> {
  const over = (shape: readonly number[], body: nn.Layer): nn.Network =>
    nn.network({ dtype: "float32", shape }, body);
  const nets: Readonly<Record<string, nn.Network>> = {
    "convolutions on pictures": over([3, 32, 32], nn.smallCnn(5)),
    MobileNetV2: over([3, 32, 32], nn.mobileNetV2(5)),
    patches: over([3, 32, 32], nn.vit(5, { patch: 8 })),
    "DS-CNN on samples": over(
      [4000],
      nn.sequential([nn.melSpectrogram({ rate: 8000, frame: 256, hop: 128 }), nn.dsCnn(5)]),
    ),
    "LSTM, both ways": over(
      [20, 4],
      nn.sequential([nn.lstm(16, { bidirectional: true }), nn.meanOver(1), nn.dense(3)]),
    ),
    GRU: over([20, 4], nn.sequential([nn.gru(16), nn.meanOver(1), nn.dense(3)])),
    "causal convolutions": over([20, 4], nn.tcn(3)),
    transformer: over(
      [20, 16],
      nn.sequential([nn.transformerBlock({ heads: 4 }), nn.meanOver(1), nn.dense(3)]),
    ),
  };
  for (const [name, net] of Object.entries(nets))
    yield { name, bytes: writeOnnx(scoringGraph(net, nn.initialise(net, { seed: 1 }))) };
}

console.log(machineLine());
if (python === undefined) console.log("PEERS_PYTHON is not set: Python is left out.");
let [checked, failed] = [0, 0];
const given = files.map((file) => ({
  name: join(basename(dirname(file)), basename(file)),
  bytes: new Uint8Array(readFileSync(file)),
}));
for (const { name, bytes } of given.length > 0 ? given : untrained()) {
  const random = createRandom(checked + 1);
  const session = await compile(bytes, { threads: 1 });
  const feeds = Object.fromEntries(session.inputs.map((port) => [port.name, randomTensor(port, random)]));
  const here = await session.run(feeds);
  await session.release();
  checked++;
  const request = Object.fromEntries(Object.entries(feeds).map(([input, tensor]) => [input, packed(tensor)]));
  const there = python === undefined ? undefined : askPython<Reply>(python, "run_tensors.py", bytes, request);
  const gaps = Object.entries(here).map(([output, tensor]) =>
    there ? apart(tensor, there.answers[output]!) : 0,
  );
  const largest = Math.max(...gaps);
  if (largest > tolerance) failed++;
  const takes = session.inputs.map(
    ({ name: input, dtype, shape }) => `${input} ${dtype} [${shape.join(", ")}]`,
  );
  console.log(
    `${largest <= tolerance ? "ok    " : "FAILED"} ${name.padEnd(28)} ${there ? `Python ${there.version} ${largest.toExponential(1)}` : "here alone"}  ${takes.slice(0, 2).join("; ")}`,
  );
}
console.log(`${checked - failed} of ${checked} files within ${tolerance}`);
process.exit(failed === 0 ? 0 : 1);
