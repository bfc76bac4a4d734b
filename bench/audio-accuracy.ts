/**
 * Spoken digits of speakers that the network never heard, and by the data's own rule.
 *
 * Data: the Free Spoken Digit Dataset, five speakers, 50 recordings of each digit of each (8,000 samples a second).
 * Its own rule tests on recordings 0 to 4 of each speaker and digit. Leave-one-speaker-out trains on four speakers and
 * tests on the fifth. Network, changes, length and epochs are those of `millwright train`; no sound validates, and the
 * last weights are taken, so that the rows that are scored choose nothing. Scored is the file: samples in, log-mel front
 * end and network in one graph.
 *
 *   node --import tsx bench/audio-accuracy.ts [--net ds-cnn] [--epochs N] [--only official,jackson] [--seed 1] [--log]
 *       [--length SECONDS] [--augment speed,mask] [--members N] [--hold-out]
 *   node --import tsx bench/audio-accuracy.ts --smoke     a few made-up tones, one epoch
 *
 * `--members` trains so many networks, of the seed and those behind it; the file answers the mean of their
 * probabilities. `--hold-out` scores recordings 5 to 9 in place of 0 to 4, learns from 10 on, and takes "official" alone: for choosing
 * length, changes and epochs without the recordings that are scored.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createRandom } from "../src/core/index.ts";
import { readWav } from "../src/data/media/index.ts";
import { add, div, graph, input, softmax } from "../src/graph/index.ts";
import * as nn from "../src/nn/index.ts";
import { compile } from "../src/runtime/index.ts";
import {
  fitAll,
  heldLength,
  learnSounds,
  type LearntSounds,
  type Side,
} from "../src/tasks/audio/learn-sounds.ts";
import { type SoundNet, soundNets } from "../src/tasks/audio/nets.ts";
import { soundChanges } from "../src/tasks/audio/changes.ts";
import { audioDefaults } from "../src/tasks/audio/options.ts";
import { machineLine } from "./support/machine.ts";

const { values: flags } = parseArgs({
  options: {
    data: { type: "string", default: "../shared/data/audio/fsdd-5-speakers.tar.gz" },
    net: { type: "string", default: audioDefaults.net },
    epochs: { type: "string", default: String(audioDefaults.epochs) },
    only: { type: "string", default: "official,jackson,lucas,nicolas,theo,yweweler" },
    seed: { type: "string", default: "1" },
    length: { type: "string" },
    augment: { type: "string", default: audioDefaults.augment.join(",") },
    members: { type: "string", default: "1" },
    "hold-out": { type: "boolean", default: false },
    log: { type: "boolean", default: false },
    smoke: { type: "boolean", default: false },
  },
});

const rate = 8000;
const epochs = flags.smoke ? 1 : Number(flags.epochs);
const net = soundNets.find((name): name is SoundNet => name === flags.net);
if (!net) throw new Error(`--net takes ${soundNets.join(", ")}, and got ${flags.net}.`);

const augment = soundChanges.filter((name) => flags.augment.split(",").includes(name));

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

const sideOf = (recordings: readonly Recording[]): Side => ({
  samples: recordings.map(({ samples }) => samples),
  codes: Int32Array.from(recordings, ({ digit }) => digit),
});

let last = "";
async function run(name: string, train: readonly Recording[], test: readonly Recording[]): Promise<number> {
  const cpuBefore = process.cpuUsage();
  const started = performance.now();
  const seed = Number(flags.seed);
  const side = sideOf(train);
  const seconds = flags.length === undefined ? heldLength(side, rate) : Number(flags.length);
  const size = { rate, length: Math.round(seconds * rate) };
  const members: LearntSounds[] = [];
  for (let member = 0; member < Number(flags.members); member++) {
    const own = seed + member;
    members.push(
      await learnSounds(
        side,
        {
          ...{ size, net: net!, classCount: 10, augment, epochs, seed: own, threads: 1 },
          onProgress: ({ note }) => {
            if (flags.log && note !== undefined && note !== last) console.log((last = note));
          },
        },
        createRandom(own).child("copies"),
      ),
    );
  }
  const x = input("x", "float32", ["batch", size.length]);
  const shares = members.map(({ shipped, trained }) =>
    softmax(nn.scoresOf(shipped, trained.weights, { x }), 1),
  );
  const answer = div(shares.reduce(add), shares.length);
  const session = await compile(graph({ inputs: [x], outputs: { answer } }), { threads: 1 });
  const wrong = new Map<string, number>();
  let right = 0;
  for (let from = 0; from < test.length; from += 50) {
    const part = test.slice(from, from + 50);
    const { answer: made } = await session.run({
      x: {
        ...{ dtype: "float32", shape: [part.length, size.length] },
        data: fitAll(sideOf(part).samples, size),
      },
    });
    const scores = made!.data as Float32Array;
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
  const minutes = (performance.now() - started) / 60_000;
  console.log(
    `${name}: ${((100 * right) / test.length).toFixed(2)} % of ${test.length} (${members.length} × ${members[0]!.trained.parameterCount} parameters, ${size.length / rate} s, ${epochs} epochs of ${train.length} recordings, ${((cpu.user + cpu.system) / 6e7).toFixed(2)} CPU minutes, ${minutes.toFixed(1)} minutes), most wrong: ${most.map(([pair, count]) => `${pair} ${count}×`).join(", ")}`,
  );
  return right / test.length;
}

const all = flags.smoke ? madeUp() : await readAll();
console.log(machineLine());
const left: number[] = [];
const only = flags["hold-out"] ? "official" : flags.only;
for (const name of (flags.smoke ? "official,second" : only).split(",")) {
  if (name === "official") {
    // Recordings learnt from begin with this one, and the five before it are scored.
    const first = flags["hold-out"] ? 10 : 5;
    await run(
      flags["hold-out"] ? "recordings 5 to 9" : "official rule",
      all.filter(({ number }) => number >= first),
      all.filter(({ number }) => number >= first - 5 && number < first),
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
