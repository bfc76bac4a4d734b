import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { temporaryFolder } from "../../../test/cli.ts";
import { createRandom, MillwrightError } from "../../core/index.ts";
import { argMax, graph, input, relu, writeOnnx } from "../../graph/index.ts";
import * as nn from "../../nn/index.ts";
import { compile } from "../../runtime/index.ts";
import { allOfIt, begin, readBackbone } from "./backbone.ts";
import { tuneNetwork } from "./tune.ts";

const work = temporaryFolder();
afterAll(() => work[Symbol.dispose]());

const exported = (name: string): string =>
  join(import.meta.dirname, "../../../test/fixtures/exports", `${name}.onnx`);
const scale = { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] };
const read = (name: string, side?: number) => readBackbone({ file: exported(name), ...scale }, side);
/** Noise, whose left half is lit in the second class. */
function rows(
  count: number,
  { height, width, channels }: { height: number; width: number; channels: number },
) {
  const random = createRandom(1);
  const codes = Int32Array.from({ length: count }, (_, i) => i % 2);
  const pixels = Uint8Array.from({ length: count * height * width * channels }, (_, i) => {
    const at = Math.floor(i / channels);
    const lit = codes[Math.floor(at / (height * width))] === 1 && at % width < width / 2;
    return random.integer(80) + (lit ? 150 : 0);
  });
  return { pixels, codes };
}

const loaderOf = (
  { pixels, codes }: ReturnType<typeof rows>,
  { height, width, channels }: Parameters<typeof rows>[1],
): nn.Loader =>
  nn.arrayLoader(
    { image: { dtype: "uint8", shape: [height, width, channels], data: pixels } },
    { dtype: "int64", shape: [], data: BigInt64Array.from(codes, BigInt) },
    { batchSize: 8 },
  );

describe("a file of another tool as a backbone", () => {
  test.each(["small-cnn.torchscript", "resnet.torchscript.one", "mobilenet-v2.dynamo", "vit.torchscript"])(
    "%s answers bytes as it answers the levels that they stand for (1e-5)",
    async (name) => {
      const bytes = readFileSync(exported(name));
      const { size, imported } = await read(name);
      const { pixels } = rows(2, size);
      const { height, width } = size;
      const plane = height * width;
      const level = new Float32Array(2 * 3 * plane);
      for (let row = 0; row < 2; row++)
        for (let at = 0; at < plane; at++)
          for (let c = 0; c < 3; c++)
            level[(row * 3 + c) * plane + at] =
              (pixels[(row * plane + at) * 3 + c]! / 255 - scale.mean[c]!) / scale.deviation[c]!;
      const plain = await nn.load(bytes);
      const inputName = Object.keys(plain.network.inputs)[0]!;
      const whole = await compile(nn.scoringGraph(plain.network, plain.weights));
      const expected = await whole.run({
        [inputName]: { dtype: "float32", shape: [2, 3, height, width], data: level },
      });
      await whole.release();
      const session = await compile(nn.scoringGraph(imported.network, imported.weights));
      const answer = await session.run({
        image: { dtype: "uint8", shape: [2, height, width, 3], data: pixels },
      });
      await session.release();
      const [a, b] = [answer["scores"]!.data as Float32Array, expected["scores"]!.data as Float32Array];
      expect(a).toHaveLength(b.length);
      a.forEach((value, i) =>
        expect(Math.abs(value - b[i]!)).toBeLessThan(1e-5 * Math.max(1, Math.abs(b[i]!))),
      );
    },
  );

  test("a head alone is learnt from answers that the backbone gives once, which stays as it was", async () => {
    const backbone = await read("small-cnn.torchscript");
    const begun = begin(backbone, {}, { classes: 2, pictures: 40, seed: 1 });
    expect(begun.headAlone).toBe(true);
    expect(begun.freeze).toEqual(allOfIt);
    const train = rows(40, backbone.size);
    const loader = loaderOf(train, backbone.size);
    const options = { train: loader, validation: loader, epochs: 20, seed: 1, threads: 1 };
    const tuned = await tuneNetwork(begun, loader, options);
    for (const [path, { data }] of Object.entries(backbone.imported.weights))
      if (path in tuned.weights) expect(tuned.weights[path]!.data).toEqual(data);
    const session = await compile(nn.scoringGraph(tuned.network, tuned.weights));
    const { height, width } = backbone.size;
    const answer = await session.run({
      image: { dtype: "uint8", shape: [40, height, width, 3], data: train.pixels },
    });
    await session.release();
    const scores = answer["scores"]!.data as Float32Array;
    // The whole network tells what the head did on the kept answers.
    const right = train.codes.filter((code, i) => scores[2 * i + code]! > scores[2 * i + 1 - code]!).length;
    expect(right / 40).toBeCloseTo(Math.max(...tuned.history.map((epoch) => epoch.validationMetric!)), 12);
    expect(right).toBeGreaterThan(36);
  });

  test("patterns say what stays: the rest moves", async () => {
    const backbone = await read("small-cnn.torchscript");
    const begun = begin(backbone, { freeze: ["backbone.conv1.*"] }, { classes: 2, pictures: 40, seed: 1 });
    expect(begun.groups).toEqual({ "backbone.conv1.*": { frozen: true }, "backbone.**": { rate: 0.1 } });
    const train = rows(32, backbone.size);
    const loader = loaderOf(train, backbone.size);
    const options = { train: loader, validation: loader, epochs: 1, seed: 1, threads: 1 };
    const { weights } = await tuneNetwork(begun, loader, options);
    const before = backbone.imported.weights;
    expect(weights["backbone.conv1.weight"]).toEqual(before["backbone.conv1.weight"]);
    expect(weights["backbone.conv2.weight"]!.data).not.toEqual(before["backbone.conv2.weight"]!.data);
    expect(Object.keys(weights).filter((path) => path.startsWith("head."))).toEqual([
      "head.fc.weight",
      "head.fc.bias",
    ]);
  });

  test("many pictures train all of it", async () => {
    const begun = begin(await read("small-cnn.torchscript"), {}, { classes: 2, pictures: 5000, seed: 1 });
    expect(begun).toMatchObject({ freeze: [], headAlone: false, groups: { "backbone.**": { rate: 0.1 } } });
  });
});

describe("what is refused", () => {
  const fails = async (run: () => unknown, code: string, words: RegExp): Promise<void> => {
    const error = await Promise.resolve()
      .then(run)
      .catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(MillwrightError);
    expect((error as MillwrightError).code).toBe(code);
    expect((error as MillwrightError).message).toMatch(words);
  };
  const written = (name: string, bytes: Uint8Array): string => {
    const path = join(work.path, name);
    writeFileSync(path, bytes);
    return path;
  };
  /** Nothing but a layer that takes [batch, …shape]. */
  const taking = (
    name: string,
    shape: (number | string)[],
    dtype: "float32" | "int64" = "float32",
  ): string => {
    const x = input("x", dtype, ["batch", ...shape]);
    return written(
      name,
      writeOnnx(graph({ inputs: [x], outputs: { y: dtype === "int64" ? argMax(x) : relu(x) } })),
    );
  };

  test("no scale, and one of another number of channels", async () => {
    const file = exported("small-cnn.torchscript");
    await fails(
      () => readBackbone({ file }, undefined),
      "PARAMETER_MISSING",
      /--pixel-mean is not given.*0\.485/s,
    );
    await fails(
      () => readBackbone({ file, mean: [0.5] }, undefined),
      "PARAMETER_MISSING",
      /--pixel-deviation is not given/,
    );
    await fails(
      () => readBackbone({ file, mean: [0.5, 0.5], deviation: [1] }, undefined),
      "PARAMETER_CONFLICT",
      /2 numbers.*3 channels/,
    );
  });

  test("another size than the file's, and none where it takes any", async () => {
    await fails(() => read("small-cnn.torchscript", 64), "PARAMETER_CONFLICT", /--image-size is 64/);
    const file = taking("any.onnx", [3, "height", "width"]);
    await fails(() => readBackbone({ file, ...scale }, undefined), "PARAMETER_MISSING", /any size/);
  });

  test("files without pictures, without a layout, without a last layer", async () => {
    const of = (file: string) => readBackbone({ file, ...scale }, undefined);
    await fails(() => of(taking("rows.onnx", [8])), "GRAPH_UNSUPPORTED", /x \[batch, 8\].*four axes/);
    await fails(() => of(taking("odd.onnx", [8, 8, 8])), "PARAMETER_MISSING", /--pixel-layout/);
    await fails(() => of(taking("whole.onnx", [3, 8, 8], "int64")), "GRAPH_UNSUPPORTED", /is int64/);
    await fails(() => of(taking("bare.onnx", [3, 8, 8])), "GRAPH_UNSUPPORTED", /no last layer/);
    await fails(() => of(written("no.onnx", Buffer.from("no model"))), "MODEL_INVALID", /no\.onnx/);
  });

  test("patterns that fit nothing", async () => {
    const backbone = await read("small-cnn.torchscript");
    await fails(
      () => begin(backbone, { freeze: ["stem.**"] }, { classes: 2, pictures: 9, seed: 1 }),
      "PARAMETER_UNKNOWN",
      /--freeze stem\.\*\* fits none of the \d+ parameters/,
    );
  });
});
