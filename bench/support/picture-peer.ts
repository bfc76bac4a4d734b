/** A network on pictures, trained by the same recipe in PyTorch: its accuracy and its processor time beside ours. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Pictures with their classes; `pixels` [pictures, height, width, channels]. */
export interface Pictures {
  readonly pixels: Uint8Array;
  readonly codes: Uint8Array;
}

export interface Frame {
  readonly side: number;
  readonly channels: number;
  readonly classes: number;
}

/** What a network sees of a picture. */
interface View extends Frame {
  /** Pixels across and down of what a training step sees. */
  readonly part: number;
  /** Of the levels of each channel, 0 to 1. */
  readonly mean: Float32Array;
  readonly deviation: Float32Array;
}

interface Settings {
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly labelSmoothing: number;
  readonly threads: number;
}

/**
 * Trains and scores in the interpreter that `PEERS_PYTHON` names, and prints the ratio of the processor time.
 *
 * @param net - As `bench/image-accuracy.py` knows it.
 * @param ours - Processor seconds of our training, without the scoring.
 */
export function comparePictures(
  net: string,
  { mean, deviation, ...frame }: View,
  settings: Settings,
  [train, validation, test]: readonly [Pictures, Pictures | undefined, Pictures],
  ours: number,
): void {
  const python = process.env["PEERS_PYTHON"];
  if (python === undefined) throw new Error("Set PEERS_PYTHON to an interpreter with PyTorch.");
  const folder = mkdtempSync(join(tmpdir(), "millwright-pictures-"));
  const kept = (name: string, { pixels, codes }: Pictures): string => {
    writeFileSync(join(folder, name), Buffer.concat([pixels, codes]));
    return join(folder, name);
  };
  try {
    const request = {
      net,
      ...frame,
      ...settings,
      mean: [...mean],
      deviation: [...deviation],
      train: kept("train", train),
      trainCount: train.codes.length,
      ...(validation && {
        validation: kept("validation", validation),
        validationCount: validation.codes.length,
      }),
      test: kept("test", test),
      testCount: test.codes.length,
    };
    const { status, stdout, stderr } = spawnSync(python, ["bench/image-accuracy.py"], {
      input: JSON.stringify(request),
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`PyTorch ended with ${status}: ${stderr}`);
    const peer = JSON.parse(stdout) as {
      accuracy: number;
      cpuSeconds: number;
      format: string;
      torch: string;
    };
    console.log(
      `PyTorch ${peer.torch}, ${peer.format}: accuracy ${(100 * peer.accuracy).toFixed(2)} % after the last of ${settings.epochs} epochs, ${peer.cpuSeconds.toFixed(0)} processor seconds; ours ${ours.toFixed(0)}, ${(ours / peer.cpuSeconds).toFixed(2)} × PyTorch's`,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}
