/** Networks of other tools: read, cut, trained on and written back. */
import { readFileSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { exportedBatch, exportedBy, exportedFile } from "../../../test/exports.ts";
import { describeWithSharedData } from "../../../test/shared-data.ts";
import { MillwrightError, type Tensor } from "../../core/index.ts";
import { constant, graph, input, printGraph, readOnnx, type Value, writeOnnx } from "../../graph/index.ts";
import * as ops from "../../graph/index.ts";
import { compile, releaseIdleSessions } from "../../runtime/index.ts";
import * as nn from "../index.ts";

afterAll(releaseIdleSessions);

const ofFile = (name: string): Promise<nn.Imported> => nn.load(exportedFile(`${name}.onnx`));

/** The four rows of an exported network, as a loader. */
function loaderOf(name: string, batchSize = 4): nn.Loader {
  const { inputs, target } = exportedBatch(name);
  const rows = ({ dtype, shape, data }: Tensor): nn.RowData =>
    ({ dtype, shape: shape.slice(1), data }) as nn.RowData;
  const given = Object.fromEntries(Object.entries(inputs).map(([key, value]) => [key, rows(value)]));
  return nn.arrayLoader(given, rows(target), { batchSize, seed: 1 });
}

const options = (train: nn.Loader): nn.FitOptions => ({
  train,
  loss: nn.crossEntropy(),
  optimiser: nn.adam({ learningRate: 0.01 }),
  epochs: 5,
  seed: 1,
});

/** The printed graph without the numbers of its float constants. */
const structure = (bytes: Uint8Array): string =>
  printGraph(readOnnx(bytes)).replace(/^( {2}const .*?: float32 \[.*?\]) = .*$/gm, "$1");

async function scoresOf(bytes: Uint8Array, inputs: Readonly<Record<string, Tensor>>): Promise<Tensor> {
  const session = await compile(bytes);
  try {
    return Object.values(await session.run(inputs))[0]!;
  } finally {
    await session.release();
  }
}

async function errorOf(run: () => unknown): Promise<MillwrightError> {
  try {
    await run();
  } catch (error) {
    if (error instanceof MillwrightError) return error;
    throw error;
  }
  throw new Error("no error");
}

/** A float constant under a name, as a file has it. */
function named(label: string, shape: readonly number[], fill: (i: number) => number): Value {
  const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => fill(i));
  return { ...constant({ dtype: "float32", shape, data }), label };
}
const x = input("x", "float32", ["batch", 3]);
const fileOf = (y: Value, from: readonly Value[] = [x]): Uint8Array =>
  writeOnnx(graph({ inputs: from, outputs: { y } }));

describe("a file that is trained on", () => {
  test("learns, moves every weight, and is written with other weights only", async () => {
    const bytes = exportedFile("small-cnn.torchscript.onnx");
    const imported = await nn.load(bytes);
    const { network, weights, report } = imported;
    expect(report.trainable.map(({ path }) => path)).toEqual(Object.keys(weights));
    expect(Object.keys(weights)).toContain("conv1.weight");
    const { weights: trained, history } = await nn.fit(network, weights, options(loaderOf("small-cnn")));
    expect(history.at(-1)!.loss).toBeLessThan(history[0]!.loss);
    for (const [path, { data }] of Object.entries(weights))
      expect(trained[path]!.data, path).not.toEqual(data);

    const written = nn.saveOnnx(imported, trained);
    expect(structure(written)).toBe(structure(bytes));
    expect(structure(nn.saveOnnx(imported, weights))).toBe(structure(bytes));
    const again = await nn.load(written);
    expect(again.weights).toEqual(trained);
    const { inputs } = exportedBatch("small-cnn");
    const judge = await compile(nn.scoringGraph(network, trained));
    const wanted = (await judge.run(inputs))["scores"]!;
    await judge.release();
    expect((await scoresOf(written, inputs)).data).toEqual(wanted.data);
    expect((await scoresOf(bytes, inputs)).data).not.toEqual(wanted.data);
  });

  test("a prefix stands before every path, and not in the file", async () => {
    const bytes = exportedFile("small-cnn.torchscript.onnx");
    const imported = await nn.load(bytes, { prefix: "backbone" });
    const groups = { "backbone.fc.**": { rate: 2 }, "backbone.**": { frozen: true } };
    const { weights } = await nn.fit(imported.network, imported.weights, {
      ...options(loaderOf("small-cnn")),
      groups,
    });
    expect(weights["backbone.conv1.weight"]).toEqual(imported.weights["backbone.conv1.weight"]);
    expect(weights["backbone.fc.weight"]).not.toEqual(imported.weights["backbone.fc.weight"]);
    expect(structure(nn.saveOnnx(imported, weights))).toBe(structure(bytes));
  });

  test("running figures of kept BatchNormalization stay as they are", async () => {
    const imported = await ofFile("batch-norm.torchscript");
    expect(Object.keys(imported.weights)).toEqual([
      "conv.weight",
      "norm.weight",
      "norm.bias",
      "fc.weight",
      "fc.bias",
    ]);
  });
});

describe("a head of one's own", () => {
  const headed = async (): Promise<nn.Imported> =>
    nn.replaceHead(await nn.load(exportedFile("small-cnn.torchscript.onnx"), { prefix: "backbone" }), {
      head: nn.sequential({ hidden: nn.dense(5), act: nn.relu(), out: nn.dense(4) }),
      seed: 3,
    });

  test("stands after the tensor before the last layer, and is written with the backbone", async () => {
    const imported = await headed();
    expect(imported.report.trainable.map(({ path }) => path)).toEqual([
      "backbone.conv1.weight",
      "backbone.conv1.bias",
      "backbone.conv2.weight",
      "backbone.conv2.bias",
    ]);
    expect(Object.keys(imported.weights).filter((path) => path.startsWith("head."))).toHaveLength(4);
    const bytes = nn.saveOnnx(imported, imported.weights);
    const session = await compile(nn.scoringGraph(imported.network, imported.weights));
    const { inputs } = exportedBatch("small-cnn");
    const wanted = (await session.run(inputs))["scores"]!;
    await session.release();
    expect((await scoresOf(bytes, inputs)).data).toEqual(wanted.data);
    const before = structure(exportedFile("small-cnn.torchscript.onnx")).split("\n");
    const after = new Set(structure(bytes).split("\n"));
    const nodes = before.filter((line) => / = (Conv|Relu|MaxPool|Flatten)\(/.test(line));
    expect(nodes).toHaveLength(6);
    for (const line of nodes) expect(after).toContain(line);
  });

  test("trained on features that are computed once learns as behind the frozen backbone (1e-5)", async () => {
    const imported = await headed();
    const rows = loaderOf("small-cnn");
    const frozen = { groups: { "backbone.**": { frozen: true } } };
    const whole = await nn.fit(imported.network, imported.weights, { ...options(rows), ...frozen });
    const { network, weights, loader } = await nn.features(imported, rows, { batchSize: 4, seed: 1 });
    expect(Object.keys(weights)).toEqual(
      Object.keys(imported.weights).filter((path) => path.startsWith("head.")),
    );
    const alone = await nn.fit(network, weights, options(loader));
    alone.history.forEach(({ loss }, i) => expect(loss).toBeCloseTo(whole.history[i]!.loss, 5));
    expect(alone.history.at(-1)!.loss).toBeLessThan(alone.history[0]!.loss);
    nn.saveOnnx(imported, { ...imported.weights, ...alone.weights });
  });

  test("features stops on a signal between two batches", async () => {
    const imported = await headed();
    const rows = loaderOf("small-cnn", 2);
    const stop = new AbortController();
    let given = 0;
    const watched: nn.Loader = {
      ...rows,
      async *batches(epoch, from) {
        for await (const batch of rows.batches(epoch, from)) {
          if (++given === 2) stop.abort();
          yield batch;
        }
      },
    };
    const run = (): Promise<unknown> => nn.features(imported, watched, { batchSize: 4, signal: stop.signal });
    const { code, message } = await errorOf(run);
    expect([code, given]).toEqual(["CANCELLED", 2]);
    expect(message).toContain("after 2 of 4 rows");
  });

  test("does not stand among weights of the file", async () => {
    const imported = await nn.load(exportedFile("small-cnn.torchscript.onnx"), { prefix: "head" });
    const { code, message } = await errorOf(() =>
      nn.replaceHead(imported, { head: nn.sequential({ fc: nn.dense(4) }), seed: 1 }),
    );
    expect(code).toBe("PARAMETER_CONFLICT");
    expect(message).toContain('4 weights under "head" (head.conv1.weight, …)');
  });

  test("errors name the cut", async () => {
    const imported = await ofFile("small-cnn.torchscript");
    const unknown = await errorOf(() =>
      nn.replaceHead(imported, { at: "nowhere", head: nn.dense(2), seed: 1 }),
    );
    expect(unknown.code).toBe("PARAMETER_UNKNOWN");
    expect(unknown.message).toContain('"nowhere"');
    const plain = await nn.load(
      fileOf(
        ops.relu(
          ops.mul(
            x,
            named("scale", [3], (i) => i + 1),
          ),
        ),
      ),
    );
    expect(plain.report.head).toBeUndefined();
    expect((await errorOf(() => nn.replaceHead(plain, { head: nn.dense(2), seed: 1 }))).code).toBe(
      "PARAMETER_MISSING",
    );
    expect((await errorOf(() => nn.features(imported, loaderOf("small-cnn"), { batchSize: 4 }))).code).toBe(
      "PARAMETER_CONFLICT",
    );
  });
});

describe("what blocks training is listed", () => {
  test("an op without a gradient, with the weights before it", async () => {
    const w = named("first.weight", [3, 3], (i) => i / 9);
    const v = named("last.weight", [3, 2], (i) => i / 6);
    const bytes = fileOf(ops.matMul(ops.softsign(ops.matMul(x, w)), v));
    // An op that nobody knows, of the same length as one that we do.
    const at = Buffer.from(bytes).lastIndexOf("Softsign");
    bytes.set(new TextEncoder().encode("Unknowns"), at);
    const { report, network, weights } = await nn.load(bytes);
    // Nothing is known of what comes after it either.
    expect(report.blocking).toHaveLength(1);
    expect(report.blocking[0]).toMatchObject({ op: "Unknowns", weights: ["first.weight", "last.weight"] });
    const rows: nn.RowData = { dtype: "float32", shape: [3], data: new Float32Array(6) };
    const train = nn.arrayLoader(
      { x: rows },
      { dtype: "int64", shape: [], data: new BigInt64Array(2) },
      { batchSize: 2 },
    );
    const error = await errorOf(() => nn.fit(network, weights, options(train)));
    expect(error.code).toBe("GRAPH_NO_GRADIENT");
  });

  test("the loop of a recurrent layer of Keras, alone: not each node after it that it leaves without shapes", async () => {
    const { report } = await ofFile("keras-gru-loop");
    expect(report.blocking).toHaveLength(1);
    const [{ op, weights }] = report.blocking as [nn.BlockingNode];
    expect(op).toBe("Loop");
    expect(weights).toEqual(report.trainable.map(({ path }) => path));
    expect(weights.some((path) => path.startsWith("functional"))).toBe(true);
  });

  test("sizes that the file leaves open, with the option that gives them", async () => {
    const words = input("words", "float32", ["batch", "length", 4]);
    const y = ops.reduceMean(
      ops.matMul(
        words,
        named("w", [4, 2], (i) => i),
      ),
      { axes: [1] },
    );
    const error = await errorOf(() => nn.load(fileOf(y, [words])));
    expect(error.code).toBe("PARAMETER_MISSING");
    expect(error.message).toContain('{ shapes: { "words": [64, 4] } }');
    const { network } = await nn.load(fileOf(y, [words]), { shapes: { words: [7, 4] } });
    expect(network.inputs).toEqual({ words: { dtype: "float32", shape: [7, 4] } });
    const misspelt = await errorOf(() => nn.load(fileOf(y, [words]), { shapes: { wrods: [7, 4] } }));
    expect(misspelt.message).toMatch(/no input "wrods".*inputs are words.*PARAMETER_UNKNOWN/);
    const none = await errorOf(() =>
      nn.load(fileOf(y, [words]), { shapes: { words: [7, 4] }, buffers: ["no.such.**"] }),
    );
    expect(none.message).toMatch(/buffers "no\.such\.\*\*" are none of the .*PARAMETER_UNKNOWN/);
    const wrong = await errorOf(() => nn.load(fileOf(y, [words]), { shapes: { words: [7, 5] } }));
    expect(wrong.code).toBe("SHAPE_MISMATCH");
  });
});

describe("weights that were stored once", () => {
  const zeros = (label: string): Value => named(label, [3], () => 0);
  const matrix = (label: string): Value => named(label, [3, 3], (i) => Math.sin(i));

  test("vectors of equal numbers get their own again, one for each layer", async () => {
    const bias = zeros("a.bias");
    const y = ops.gemm(ops.relu(ops.gemm(x, matrix("a.weight"), bias)), matrix("b.weight"), bias);
    const { report, weights } = await nn.load(fileOf(y));
    expect(report.unshared).toEqual([{ name: "a.bias", into: ["a.bias", "a.bias_2"] }]);
    expect(Object.keys(weights).sort()).toEqual(["a.bias", "a.bias_2", "a.weight", "b.weight"]);
  });

  test("a layer that is applied twice keeps one weight and one bias", async () => {
    const [w, b] = [matrix("w"), zeros("b")];
    const { report, weights } = await nn.load(fileOf(ops.gemm(ops.relu(ops.gemm(x, w, b)), w, b)));
    expect(report.unshared).toEqual([]);
    expect(report.tied.map(({ name }) => name)).toEqual(["w", "b"]);
    expect(Object.keys(weights)).toEqual(["w", "b"]);
  });

  test("a recurrent layer that is written out keeps one bias", async () => {
    const [w, r, b] = [matrix("w"), matrix("r"), named("b", [3], (i) => i)];
    const step = (state: Value): Value =>
      ops.tanh(ops.add(ops.add(ops.matMul(x, w), ops.matMul(state, r)), b));
    const { report, weights } = await nn.load(fileOf(step(step(x))));
    expect(Object.keys(weights).sort()).toEqual(["b", "r", "w"]);
    expect(report.unshared).toEqual([]);
  });

  test("a running mean does not move with the bias that has its numbers", async () => {
    const same = zeros("zeros");
    const y = ops.batchNormalization(
      x,
      named("scale", [3], () => 1),
      same,
      same,
      named("var", [3], () => 2),
    );
    const imported = await nn.load(fileOf(y));
    expect(Object.keys(imported.weights)).toEqual(["scale", "zeros"]);
    const moved = {
      ...imported.weights,
      zeros: { dtype: "float32", shape: [3], data: new Float32Array(3).fill(5) },
    } as nn.Weights;
    const rows: Tensor = { dtype: "float32", shape: [1, 3], data: new Float32Array(3) };
    expect([...(await scoresOf(nn.saveOnnx(imported, moved), { x: rows })).data]).toEqual([5, 5, 5]);
  });
});

describe("BatchNormalization that trains", () => {
  const file = "batch-norm.torchscript.onnx";
  const trained = async (bytes: Uint8Array): Promise<{ imported: nn.Imported; result: nn.FitResult }> => {
    const imported = await nn.load(bytes, { batchNorm: "train" });
    const result = await nn.fit(imported.network, imported.weights, options(loaderOf("batch-norm")));
    return { imported, result };
  };

  test("moves its running figures, which are written back beside the weights", async () => {
    const { imported, result } = await trained(exportedFile(file));
    const { network, weights, report } = imported;
    const figures = ["norm.running_mean", "norm.running_var"];
    expect(Object.keys(weights).slice(-2)).toEqual(figures);
    expect(report.trainable.map(({ path }) => path)).not.toContain(figures[0]);
    for (const path of figures) expect(result.weights[path]!.data).not.toEqual(weights[path]!.data);
    const written = nn.saveOnnx(imported, result.weights);
    expect(structure(written)).toBe(structure(exportedFile(file)));
    const { inputs } = exportedBatch("batch-norm");
    const judge = await compile(nn.scoringGraph(network, result.weights));
    const wanted = (await judge.run(inputs))["scores"]!;
    await judge.release();
    expect((await scoresOf(written, inputs)).data).toEqual(wanted.data);
    // Kept, the figures are those of the file.
    const kept = await nn.load(written);
    expect(Object.keys(kept.weights)).not.toContain(figures[0]);
  });

  test("stays with its figures under a head of one's own, and in features", async () => {
    const imported = nn.replaceHead(
      await nn.load(exportedFile(file), { prefix: "backbone", batchNorm: "train" }),
      { head: nn.dense(4), seed: 3 },
    );
    const rows = loaderOf("batch-norm");
    const { weights } = await nn.fit(imported.network, imported.weights, {
      ...options(rows),
      groups: { "backbone.**": { frozen: true } },
    });
    const path = "backbone.norm.running_mean";
    expect(weights[path]!.data).not.toEqual(imported.weights[path]!.data);
    expect(weights["backbone.norm.weight"]).toEqual(imported.weights["backbone.norm.weight"]);
    const { weights: head } = await nn.features(imported, rows, { batchSize: 4, seed: 1 });
    expect(Object.keys(head)).toEqual(["head.weight", "head.bias"]);
    const bytes = nn.saveOnnx(imported, weights);
    const again = await nn.load(bytes, { batchNorm: "train" });
    expect(again.weights["norm.running_mean"]).toEqual(weights[path]);
  });

  test("each has its own figures where the file stored equal ones once", async () => {
    const zeros = named("zeros", [3], () => 0);
    const ones = named("ones", [3], () => 1);
    const norm = (v: Value): Value => ops.batchNormalization(v, ones, zeros, zeros, ones);
    const imported = await nn.load(fileOf(norm(ops.mul(norm(x), 3))), { batchNorm: "train" });
    expect(Object.keys(imported.weights)).toHaveLength(8);
    expect(imported.file.running.size).toBe(4);
    expect(imported.report.trainable).toHaveLength(4);
  });

  test("is an error where the exporter folded it away", async () => {
    const error = await errorOf(() => nn.load(exportedFile("resnet.dynamo.onnx"), { batchNorm: "train" }));
    expect(error.message).toMatch(
      /no BatchNormalization to train.*TrainingMode\.PRESERVE.*GRAPH_UNSUPPORTED/,
    );
  });
});

describe("16-bit floats", () => {
  test("are float32 in the network and in what is written", async () => {
    const bytes = exportedFile("half.torchscript.onnx");
    const imported = await nn.load(bytes);
    expect(imported.report.widened).toBe(6);
    expect(imported.network.inputs["x"]!.dtype).toBe("float32");
    expect(Object.values(imported.weights).every(({ dtype }) => dtype === "float32")).toBe(true);
    const plain = readOnnx(nn.saveOnnx(imported, imported.weights));
    expect(plain.inputs[0]!.dtype).toBe("float32");
    expect([...plain.outputs.values()][0]!.dtype).toBe("float32");
    expect((await ofFile("small-cnn.torchscript")).report.widened).toBe(0);
  });
});

describe("files for one row", () => {
  const one = input("x", "float32", [1, 2, 6]);

  test("take any number where no row sees another", async () => {
    const token = named("token", [1, 1, 6], (i) => i);
    const joined = ops.concat([token, one], 1);
    const turned = ops.reshape(ops.transpose(ops.reshape(joined, [1, 3, 2, 3]), [0, 2, 1, 3]), [2, 3, 3]);
    const mixed = ops.matMul(
      ops.softmax(turned, -1),
      named("w", [3, 4], (i) => Math.cos(i)),
    );
    const y = ops.reshape(mixed, [1, 24]);
    const bytes = fileOf(y, [one]);
    const imported = await nn.load(bytes);
    expect(imported.report.fixedBatch).toEqual({ rows: 1, reason: undefined });
    const rows = Float32Array.from({ length: 36 }, (_, i) => Math.sin(i));
    const opened = nn.saveOnnx(imported, imported.weights);
    const all = await scoresOf(opened, { x: { dtype: "float32", shape: [3, 2, 6], data: rows } });
    expect(all.shape).toEqual([3, 24]);
    for (let i = 0; i < 3; i++) {
      const alone = await scoresOf(bytes, {
        x: { dtype: "float32", shape: [1, 2, 6], data: rows.slice(12 * i, 12 * i + 12) },
      });
      (alone.data as Float32Array).forEach((v, k) => expect(all.data[24 * i + k]).toBeCloseTo(v, 6));
    }
  });

  test.each([
    [
      "a mean over the batch",
      (v: Value) => ops.sub(v, ops.reduceMean(v, { axes: [0], keepDims: true })),
      "(ReduceMean)",
    ],
    ["a softmax along it", (v: Value) => ops.softmax(v, 0), "(Softmax)"],
    ["an axis that is taken away", (v: Value) => ops.squeeze(v, [0]), "(Squeeze)"],
    ["another axis before it", (v: Value) => ops.transpose(v, [1, 0, 2]), 'the output "y"'],
  ] as const)("stay as they are with %s", async (_, layer, what) => {
    const y = ops.mul(
      layer(one),
      named("w", [1], () => 2),
    );
    const { report, network, weights } = await nn.load(fileOf(y, [one]));
    expect(report.fixedBatch!.reason).toContain(what);
    const error = await errorOf(() => nn.scoringGraph(network, weights));
    expect(error.code).toBe("GRAPH_UNSUPPORTED");
    expect(error.message).toContain("1 rows at a time");
  });
});

describe("BERT's mask picks rows by number", () => {
  test("so its file for one row stays, and says so", async () => {
    const { report } = await ofFile("bert.torchscript.one");
    expect(report.fixedBatch).toMatchObject({ rows: 1 });
    expect(report.fixedBatch!.reason).toContain("(Gather)");
    expect(report.parameterCount).toBe(exportedBy("bert").parameters);
  });
});

describeWithSharedData("old files with weights among the inputs", (folder) => {
  test("with branches and boxes: weights alone are found, and nothing blocks", async () => {
    const { report, network } = await nn.load(readFileSync(`${folder}onnx/models/face-rfb-320.onnx`));
    expect(report.trainable).toHaveLength(125);
    expect(report.blocking).toEqual([]);
    expect(report.fixedBatch).toEqual({ rows: 1, reason: undefined });
    expect(Object.keys(network.inputs)).toEqual(["input"]);
  });

  test("trains for any number of rows, and answers as before until then (1e-5)", async () => {
    const name = "face-slim-320-no-postprocessing";
    const bytes = readFileSync(`${folder}onnx/models/${name}.onnx`);
    const imported = await nn.load(bytes);
    const { network, weights, report } = imported;
    expect(report.blocking).toEqual([]);
    expect(report.fixedBatch).toEqual({ rows: 1, reason: undefined });
    expect(Object.keys(network.inputs)).toEqual(["input"]);
    const image = Float32Array.from({ length: 2 * 3 * 240 * 320 }, (_, i) => Math.sin(i / 50));
    const scores = Float32Array.from({ length: 2 * 4420 * 2 }, (_, i) => i % 2);
    const train = nn.arrayLoader(
      { input: { dtype: "float32", shape: [3, 240, 320], data: image } },
      { dtype: "float32", shape: [4420, 2], data: scores },
      { batchSize: 2 },
    );
    const { weights: trained, history } = await nn.fit(network, weights, {
      train,
      loss: nn.meanSquaredError(),
      optimiser: nn.adam({ learningRate: 1e-3 }),
      epochs: 2,
      seed: 1,
    });
    expect(history.at(-1)!.loss).toBeLessThan(history[0]!.loss);
    for (const [path, { data }] of Object.entries(weights))
      expect(trained[path]!.data, path).not.toEqual(data);
    const kept = structure(nn.saveOnnx(imported, weights));
    const written = nn.saveOnnx(imported, trained);
    expect(structure(written)).toBe(kept);
    const input: Tensor = {
      dtype: "float32",
      shape: [1, 3, 240, 320],
      data: image.slice(0, 3 * 240 * 320),
    };
    const before = (await scoresOf(bytes, { input })).data as Float32Array;
    const unchanged = (await scoresOf(nn.saveOnnx(imported, weights), { input })).data as Float32Array;
    expect(Math.max(...before.map((score, i) => Math.abs(score - unchanged[i]!)))).toBeLessThan(1e-5);
    const after = (await scoresOf(written, { input })).data as Float32Array;
    expect(Math.max(...before.map((score, i) => Math.abs(score - after[i]!)))).toBeGreaterThan(1e-4);
    // Its sizes are constants now; all that computes on the picture is as it was.
    const nodes = (from: Uint8Array): string[] =>
      readOnnx(from)
        .nodes.filter(({ outputs }) => outputs[0]!.dtype === "float32")
        .map(({ type, outputs }) => `${type} ${outputs[0]!.label}`)
        .sort();
    expect(nodes(written)).toEqual(nodes(bytes));
  });
});

describe("weights from elsewhere", () => {
  test("fit by their paths; what does not is named", async () => {
    const { network, weights } = await ofFile("small-cnn.torchscript");
    const bytes = nn.writeSafetensors({ tensors: weights, metadata: {} });
    expect(nn.loadWeights(network, nn.readSafetensors(bytes).tensors)).toEqual(weights);
    const { "fc.bias": bias, "fc.weight": _, ...rest } = weights;
    const error = await errorOf(() =>
      nn.loadWeights(network, {
        ...rest,
        "fc.bias": { ...bias!, shape: [1, 3] } as Tensor,
        "head.bias": bias!,
      }),
    );
    expect(error.code).toBe("SCHEMA_MISMATCH");
    expect(error.message).toContain("missing: fc.weight");
    expect(error.message).toContain("not of this network: head.bias");
    expect(error.message).toContain("fc.bias (float32 [1, 3], needed float32 [3])");
  });
});
