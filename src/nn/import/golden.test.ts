/** Imported networks answer and learn as they do in PyTorch. */
import { describe, expect, test } from "vitest";
import { exportedBatch, exportedBy, exportedFile, exportNames } from "../../../test/exports.ts";
import * as nn from "../index.ts";
import { compile } from "../../runtime/index.ts";
import { Trainer } from "../training/trainer.ts";

const files = exportNames.flatMap((name) => exportedBy(name).files.map((file) => ({ name, file })));

async function learned(
  imported: nn.Imported,
  name: string,
): Promise<{ readonly found: readonly number[]; readonly weights: nn.Weights }> {
  const { rate, momentum, losses } = exportedBy(name);
  const optimiser = nn.sgd({ learningRate: rate, momentum });
  const { network, weights } = imported;
  const trainer = await Trainer.create(network, weights, {
    loss: nn.crossEntropy(),
    optimiser,
    batchSize: 4,
    seed: 1,
  });
  try {
    const found: number[] = [];
    for (let step = 1; step <= losses.length; step++)
      found.push((await trainer.step([exportedBatch(name)], rate, step, 0)).loss);
    return { found, weights: trainer.weights() };
  } finally {
    await trainer.release();
  }
}

describe("files of the exporters of PyTorch and Keras", () => {
  test.each(files)("$file answers as there (1e-4), before any step", async ({ name, file }) => {
    const imported = await nn.load(exportedFile(file));
    const session = await compile(nn.scoringGraph(imported.network, imported.weights));
    const { scores } = await session.run(exportedBatch(name).inputs);
    await session.release();
    exportedBy(name).scores.forEach((score, i) => expect(scores!.data[i]).toBeCloseTo(score, 4));
  });

  test.each(files)("$file: 20 losses are PyTorch's (relative 1e-3)", async ({ name, file }) => {
    const imported = await nn.load(exportedFile(file));
    const { losses, parameters } = exportedBy(name);
    expect(imported.report.blocking).toEqual([]);
    expect(imported.report.parameterCount).toBe(parameters);
    const { found } = await learned(imported, name);
    found.forEach((loss, i) => expect(Math.abs(loss / losses[i]! - 1), `step ${i + 1}`).toBeLessThan(1e-3));
    expect(losses.at(-1)!).toBeLessThan(losses[0]!);
  });

  test.each(exportedBy("batch-norm").files)(
    "%s: BatchNormalization trains as in PyTorch: 20 losses (relative 1e-3) and running figures (1e-4)",
    async (file) => {
      const imported = await nn.load(exportedFile(file), { batchNorm: "train" });
      const training = exportedBy("batch-norm").training!;
      const { found, weights } = await learned(imported, "batch-norm");
      found.forEach((loss, i) =>
        expect(Math.abs(loss / training.losses[i]! - 1), `step ${i + 1}`).toBeLessThan(1e-3),
      );
      for (const figure of ["running_mean", "running_var"] as const) {
        const moved = weights[`norm.${figure}`]!.data as Float32Array;
        training[figure].forEach((wanted, i) => expect(moved[i]).toBeCloseTo(wanted, 4));
      }
      // Fixed figures give another curve: the test tells the two apart.
      expect(Math.abs(training.losses[0]! / exportedBy("batch-norm").losses[0]! - 1)).toBeGreaterThan(1e-3);
    },
  );
});
