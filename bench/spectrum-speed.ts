/**
 * Two ways to the power spectra of frames in a graph: the STFT op, and a convolution with cosines and sines.
 *
 * Checks first that both give the same powers (1e-4 of the largest; the op is the coarser one in single precision), then takes the least of some runs with
 * one thread. `melSpectrogram` uses the convolution because of these figures.
 *
 *   node --import tsx bench/spectrum-speed.ts [--smoke]
 */
import { parseArgs } from "node:util";
import { createRandom, type Tensor } from "../src/core/index.ts";
import * as ops from "../src/graph/index.ts";
import { compile } from "../src/runtime/index.ts";
import { machineLine } from "./support/machine.ts";

const { values: flags } = parseArgs({ options: { smoke: { type: "boolean", default: false } } });
const runs = flags.smoke ? 1 : 5;
const all = [
  { rate: 8000, frame: 256, hop: 160, batch: 1 },
  { rate: 8000, frame: 256, hop: 160, batch: 32 },
  { rate: 16_000, frame: 400, hop: 160, batch: 1 },
  { rate: 16_000, frame: 512, hop: 160, batch: 1 },
  { rate: 16_000, frame: 512, hop: 160, batch: 16 },
  { rate: 16_000, frame: 1024, hop: 256, batch: 16 },
];

const floats = (shape: readonly number[], data: Float32Array): ops.Value =>
  ops.constant({ dtype: "float32", shape, data });

/** Powers [batch, frames, frequencies]. */
function byOp(x: ops.Value, frame: number, hop: number): ops.Value {
  const window = floats(
    [frame],
    Float32Array.from({ length: frame }, (_, i) => hann(i, frame)),
  );
  const spectrum = ops.stft(x, { frameStep: hop, frameLength: frame, window });
  return ops.reduceSum(ops.mul(spectrum, spectrum), { axes: [3] });
}

const hann = (i: number, frame: number): number => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / frame);

function byConvolution(x: ops.Value, frame: number, hop: number): ops.Value {
  const bins = frame / 2 + 1;
  const kernels = new Float32Array(2 * bins * frame);
  for (let i = 0; i < frame; i++)
    for (let bin = 0; bin < bins; bin++) {
      const angle = (2 * Math.PI * ((bin * i) % frame)) / frame;
      kernels[bin * frame + i] = hann(i, frame) * Math.cos(angle);
      kernels[(bins + bin) * frame + i] = -hann(i, frame) * Math.sin(angle);
    }
  const spectrum = ops.conv(ops.unsqueeze(x, [1]), floats([2 * bins, 1, frame], kernels), undefined, {
    strides: [hop],
  });
  const [real, imaginary] = ops.split(ops.mul(spectrum, spectrum), 1, 2) as [ops.Value, ops.Value];
  return ops.transpose(ops.add(real, imaginary), [0, 2, 1]);
}

const cases = flags.smoke ? all.slice(0, 1) : all;
console.log(machineLine());
for (const { rate, frame, hop, batch } of cases) {
  const random = createRandom(1);
  const x: Tensor = {
    dtype: "float32",
    shape: [batch, rate],
    data: Float32Array.from({ length: batch * rate }, () => random.normal()),
  };
  const least: number[] = [];
  const answers: Float32Array[] = [];
  for (const powers of [byOp, byConvolution]) {
    const samples = ops.input("x", "float32", ["batch", rate]);
    const graph = ops.graph({ inputs: [samples], outputs: { y: powers(samples, frame, hop) } });
    const session = await compile(graph, { threads: 1 });
    let best = Infinity;
    for (let run = 0; run <= runs; run++) {
      const started = performance.now();
      const { y } = await session.run({ x });
      if (run > 0) best = Math.min(best, performance.now() - started);
      else answers.push((y!.data as Float32Array).slice());
    }
    least.push(best);
    await session.release();
  }
  const [one, other] = answers as [Float32Array, Float32Array];
  const largest = one.reduce((most, power) => Math.max(most, power), 0);
  const apart = one.reduce((most, power, i) => Math.max(most, Math.abs(power - other[i]!)), 0);
  if (!(apart < 1e-4 * largest)) throw new Error(`powers differ by ${apart} of ${largest}`);
  const [op, convolution] = least as [number, number];
  console.log(
    `${batch} × 1 s at ${rate}/s, frames of ${frame} every ${hop}: STFT ${op.toFixed(2)} ms, convolution ${convolution.toFixed(2)} ms (${(op / convolution).toFixed(1)} ×)`,
  );
}
