/**
 * Spoken digits of speakers that the network never heard, and by the data's own rule.
 *
 * Data: the Free Spoken Digit Dataset, five speakers, 50 recordings of each digit of each (8,000 samples a second).
 * Its own rule tests on recordings 0 to 4 of each speaker and digit. Leave-one-speaker-out trains on four speakers and
 * tests on the fifth; the epochs are fixed beforehand and the last weights are taken, so that the rows that are scored
 * choose nothing. Scored is the file: samples in, log-mel front end and network in one graph.
 *
 *   node --import tsx bench/audio-accuracy.ts [--net dsCnn] [--epochs 8] [--only official,jackson] [--seed 1] [--log]
 *   node --import tsx bench/audio-accuracy.ts --smoke     a few made-up tones, one epoch
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createRandom, type Random } from "../src/core/index.ts";
import { fitSound, readWav } from "../src/data/media/index.ts";
import * as nn from "../src/nn/index.ts";
import { compile } from "../src/runtime/index.ts";
import { machineLine } from "./support/machine.ts";

const { values: flags } = parseArgs({
  options: {
    data: { type: "string", default: "../shared/data/audio/fsdd-5-speakers.tar.gz" },
    net: { type: "string", default: "dsCnn" },
    epochs: { type: "string", default: "8" },
    only: { type: "string", default: "official,jackson,lucas,nicolas,theo,yweweler" },
    seed: { type: "string", default: "1" },
    log: { type: "boolean", default: false },
    smoke: { type: "boolean", default: false },
  },
});

const length = 8000;
const front = { rate: 8000, frame: 256, hop: 160, mels: 40, low: 60, high: 3800, range: 50 };
/** Speeds of the copies of each training recording, each ± 3 %. */
const speeds = flags.smoke ? [1] : [0.85, 1, 1.17];
const epochs = flags.smoke ? 1 : Number(flags.epochs);
const frames = Math.floor((length - front.frame) / front.hop) + 1;

interface Recording {
  readonly digit: number;
  readonly speaker: string;
  readonly number: number;
  readonly samples: Float32Array;
}

/** A tone a digit, higher for the second speaker. */
function madeUp(): Recording[] {
  return Array.from({ length: 200 }, (_, i) => {
    const [digit, number, second] = [i % 10, Math.floor(i / 20), i % 20 >= 10];
    const hertz = (300 + 250 * digit) * (second ? 1.1 : 1);
    const tone = (t: number): number => Math.sin((2 * Math.PI * hertz * t) / 8000);
    const samples = Float32Array.from({ length: 3000 + 50 * number }, (_unused, t) => tone(t));
    return { digit, number, speaker: second ? "second" : "first", samples };
  });
}

async function readAll(): Promise<Recording[]> {
  const folder = mkdtempSync(join(tmpdir(), "millwright-digits-"));
  try {
    execFileSync("tar", ["xzf", flags.data, "-C", folder]);
    const from = join(folder, "fsdd", "recordings");
    const all: Recording[] = [];
    for (const name of readdirSync(from).sort()) {
      const [digit, speaker, number] = name.replace(".wav", "").split("_") as [string, string, string];
      const sound = await readWav(join(from, name));
      if (!sound.ok) throw new Error(`${name} ${sound.reason}`);
      all.push({ digit: Number(digit), speaker, number: Number(number), samples: sound.samples });
    }
    return all;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const rowsOf = (
  recordings: readonly Recording[],
  change = (samples: Float32Array, _row: number): Float32Array => samples,
): nn.RowData => {
  const data = new Float32Array(recordings.length * length);
  for (const [i, { samples }] of recordings.entries()) {
    data.set(fitSound(change(samples, i), length), i * length);
  }
  return { dtype: "float32", shape: [length], data };
};

const codesOf = (recordings: readonly Recording[], times = 1): nn.RowData => ({
  dtype: "int64",
  shape: [],
  data: BigInt64Array.from({ length: recordings.length * times }, (_, i) =>
    BigInt(recordings[i % recordings.length]!.digit),
  ),
});

const nets: Readonly<Record<string, () => nn.Layer>> = {
  dsCnn: () => nn.dsCnn(10),
  bcResNet: () => nn.bcResNet(10),
  tcn: () => nn.tcn(10),
};
const body = nets[flags.net];
if (!body) throw new Error(`--net takes ${Object.keys(nets).join(", ")}, and got ${flags.net}.`);

async function run(name: string, train: readonly Recording[], test: readonly Recording[]): Promise<number> {
  const cpuBefore = process.cpuUsage();
  const started = performance.now();
  const random = createRandom(Number(flags.seed));
  // Each recording at several speeds: a tape's speed moves pitch and formants to those of other speakers.
  const copies: nn.RowData[] = [];
  for (const speed of speeds) {
    const change = nn.augmentation([
      nn.augment.changeSpeed({ min: speed * 0.97, max: speed * 1.03, keepLength: false }),
      nn.augment.addNoise({ minSnr: 15, maxSnr: 40 }),
    ]);
    const draws: Random = random.child(`speed ${speed}`);
    const rows = rowsOf(train, (samples, i) => change.apply(samples, [samples.length], draws.child(i)).data);
    copies.push(await nn.applyLayer(nn.melSpectrogram(front), rows));
  }
  const cells = front.mels * frames;
  const decibels = new Float32Array(copies.length * train.length * cells);
  for (const [i, copy] of copies.entries()) decibels.set(copy.data as Float32Array, i * train.length * cells);
  const figures = nn.melFigures(decibels, front.mels, frames);
  for (let i = 0; i < decibels.length; i++) {
    const band = Math.floor(i / frames) % front.mels;
    decibels[i] = (decibels[i]! - figures.mean[band]!) / figures.deviation[band]!;
  }
  const bands = front.mels;
  const loader = nn.arrayLoader(
    { x: { dtype: "float32", shape: [bands, frames], data: decibels } },
    codesOf(train, copies.length),
    {
      batchSize: 64,
      seed: Number(flags.seed),
      dropLast: true,
      augment: {
        x: nn.inPlace(
          nn.augmentation([
            nn.augment.warpSpectrogram(),
            nn.augment.tiltSpectrogram(),
            nn.augment.maskFrequency({ count: 1, with: "level" }),
            nn.augment.maskTime({ count: 1, most: 12, with: "level" }),
          ]),
          [bands, frames],
        ),
      },
    },
  );
  const net = nn.network({ dtype: "float32", shape: [bands, frames] }, nn.sequential({ body: body!() }));
  const trained = await nn.fit(
    net,
    nn.initialise(net, { seed: Number(flags.seed) }),
    {
      train: loader,
      loss: nn.crossEntropy({ labelSmoothing: 0.1 }),
      optimiser: nn.adamw({ learningRate: 0.006, weightDecay: 0.01 }),
      schedule: nn.oneCycle(),
      epochs,
      seed: Number(flags.seed),
    },
    (event) => {
      if (flags.log && event.type === "epoch")
        console.log(event.epoch, event.loss.toFixed(3), ((performance.now() - started) / 1000).toFixed(0));
    },
  );
  const shipped = nn.network(
    { dtype: "float32", shape: [length] },
    nn.sequential({ front: nn.melSpectrogram({ ...front, figures }), body: body!() }),
  );
  const session = await compile(nn.scoringGraph(shipped, trained.weights), { threads: 1 });
  const wrong = new Map<string, number>();
  let right = 0;
  for (let from = 0; from < test.length; from += 50) {
    const part = test.slice(from, from + 50);
    const answer = await session.run({
      x: { dtype: "float32", shape: [part.length, length], data: rowsOf(part).data as Float32Array },
    });
    const scores = Object.values(answer)[0]!.data as Float32Array;
    for (const [i, { digit }] of part.entries()) {
      const row = scores.subarray(i * 10, (i + 1) * 10);
      const best = row.indexOf(Math.max(...row));
      if (best === digit) right++;
      else wrong.set(`${digit}→${best}`, (wrong.get(`${digit}→${best}`) ?? 0) + 1);
    }
  }
  await session.release();
  const cpu = process.cpuUsage(cpuBefore);
  const most = [...wrong].sort((a, b) => b[1] - a[1]).slice(0, 4);
  const seconds = (performance.now() - started) / 1000;
  console.log(
    `${name}: ${((100 * right) / test.length).toFixed(2)} % of ${test.length} (${nn.parameterCount(net)} parameters, ${epochs} epochs of ${loader.rowCount} rows, ${((cpu.user + cpu.system) / 6e7).toFixed(2)} CPU minutes, ${(seconds / 60).toFixed(1)} minutes), most wrong: ${most.map(([pair, count]) => `${pair} ${count}×`).join(", ")}`,
  );
  return right / test.length;
}

const all = flags.smoke ? madeUp() : await readAll();
console.log(machineLine());
const left: number[] = [];
for (const name of (flags.smoke ? "official,second" : flags.only).split(",")) {
  if (name === "official") {
    await run(
      "official rule",
      all.filter(({ number }) => number > 4),
      all.filter(({ number }) => number <= 4),
    );
    continue;
  }
  left.push(
    await run(
      `without ${name}`,
      all.filter(({ speaker }) => speaker !== name),
      all.filter(({ speaker }) => speaker === name),
    ),
  );
}
if (left.length > 1)
  console.log(
    `left-out speakers, mean: ${((100 * left.reduce((a, b) => a + b, 0)) / left.length).toFixed(2)} %`,
  );
