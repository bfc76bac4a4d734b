import { spawnSync } from "node:child_process";
import { build } from "esbuild";
import { onnx } from "onnx-proto";
import { afterAll, describe, expect, test } from "vitest";
import { type DType, MillwrightError, type Tensor, type TensorData } from "../core/index.ts";
import {
  graph,
  identity,
  input,
  matMul,
  mul,
  parameter,
  readOnnx,
  reduceSum,
  reshape,
  writeOnnx,
} from "../graph/index.ts";
import { compile, compileInWorker, releaseIdleSessions, type Session } from "./index.ts";

afterAll(releaseIdleSessions);

const samples: readonly [DType, TensorData][] = [
  ["float32", Float32Array.of(1.5, Number.NaN, -0)],
  ["float64", Float64Array.of(1e300, Number.NEGATIVE_INFINITY, 5e-324)],
  ["int64", BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n, 0n)],
  ["int32", Int32Array.of(-(2 ** 31), 2 ** 31 - 1, 0)],
  ["uint8", Uint8Array.of(0, 128, 255)],
  ["bool", Uint8Array.of(0, 1, 1)],
  ["string", ["", "Zoë 🌳", 'a,b\n"c"']],
];

/** x·w summed over the batch, w = 1, 2, 3. */
const weighted = (() => {
  const x = input("x", "float64", ["batch", 3]);
  const w = parameter("w", { dtype: "float64", shape: [3, 1], data: Float64Array.of(1, 2, 3) });
  return graph({ inputs: [x], outputs: { y: matMul(x, w), total: reduceSum(x) } });
})();
const rows = (...data: number[]): Tensor => ({
  dtype: "float64",
  shape: [data.length / 3, 3],
  data: Float64Array.from(data),
});

async function codeOf(run: Promise<unknown>): Promise<string> {
  try {
    await run;
  } catch (error) {
    if (error instanceof MillwrightError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return "no error";
}

describe.each([
  ["compile", (source: Parameters<typeof compile>[0]): Promise<Session> => compile(source)],
  [
    "compile for wasm",
    (source: Parameters<typeof compile>[0]): Promise<Session> => compile(source, { device: "wasm" }),
  ],
  ["compileInWorker", (source: Parameters<typeof compile>[0]): Promise<Session> => compileInWorker(source)],
])("%s", (name, open) => {
  test.each(samples)("%s goes through unchanged", async (dtype, data) => {
    const x = input("the column, as named", dtype, ["batch", 1]);
    const session = await open(graph({ inputs: [x], outputs: { y: identity(reshape(x, [-1])) } }));
    expect(session.inputs).toEqual([{ name: "the column, as named", dtype, shape: ["batch", 1] }]);
    const { y } = await session.run({ "the column, as named": { dtype, shape: [3, 1], data } });
    expect(y).toEqual({ dtype, shape: [3], data });
    await session.release();
  });

  test.each(["__proto__", "constructor", "toString"])("an input may be named %s", async (named) => {
    const x = input(named, "float64", ["batch", 1]);
    const session = await open(graph({ inputs: [x], outputs: { y: mul(x, x) } }));
    const feeds = Object.fromEntries([
      [named, { dtype: "float64", shape: [2, 1], data: Float64Array.of(2, 3) } as const],
    ]);
    expect(Array.from((await session.run(feeds)).y!.data as Float64Array)).toEqual([4, 9]);
    expect(await codeOf(session.run({}))).toMatch(/^RUNTIME_FAILED: .*is not fed/);
    await session.release();
  });

  test("runs all outputs, or those asked for", async () => {
    const session = await open(weighted);
    const all = await session.run({ x: rows(1, 1, 1, 2, 0, 1) });
    expect(Array.from(all.y!.data as Float64Array)).toEqual([6, 5]);
    expect(all.total!.shape).toEqual([]);
    expect(Object.keys(await session.run({ x: rows(1, 1, 1) }, ["total"]))).toEqual(["total"]);
    await session.release();
  });

  test("an empty batch of numbers gives an empty answer", async () => {
    const session = await open(weighted);
    expect((await session.run({ x: rows() })).y!.shape).toEqual([0, 1]);
    await session.release();
  });

  test("errors name the input, the dtypes, or the runtime's own first line", async () => {
    const session = await open(weighted);
    expect(await codeOf(session.run({ X: rows(1, 2, 3) }))).toMatch(
      /^RUNTIME_FAILED: The input "x" is not fed; the nearest name fed is "X"/,
    );
    const wrong = { dtype: "float32", shape: [1, 3], data: new Float32Array(3) } as const;
    expect(await codeOf(session.run({ x: wrong }))).toMatch(/^DTYPE_MISMATCH: .*float64.*float32/);
    const narrow = { dtype: "float64", shape: [1, 2], data: new Float64Array(2) } as const;
    expect(await codeOf(session.run({ x: narrow }))).toMatch(/^RUNTIME_FAILED: .*running the graph/);
    // It survives its errors.
    expect((await session.run({ x: rows(0, 0, 1) })).y!.data[0]).toBe(3);
    await session.release();
    expect(await codeOf(session.run({ x: rows(1, 2, 3) }))).toMatch(/^RUNTIME_FAILED: .*released/);
    await session.release();
  });

  test("a file that is none is refused", async () => {
    expect(await codeOf(open(Uint8Array.of(1, 2, 3)))).toMatch(/^RUNTIME_FAILED: .*compiling the graph/);
  });

  test("runs asked for together are all answered, also when released meanwhile", async () => {
    const session = await open(weighted);
    const runs = Array.from({ length: 20 }, (_, i) => session.run({ x: rows(i, 0, 0) }));
    const released = session.release();
    const answers = (await Promise.all(runs)).map(({ y }) => y!.data[0]);
    expect(answers).toEqual(Array.from({ length: 20 }, (_, i) => i));
    await released;
    expect(name).not.toBe("");
  });
});

describe("compile", () => {
  test("bound feeds are read anew on every run", async () => {
    const session = await compile(weighted);
    const feed = rows(1, 0, 0);
    const bound = session.bind({ x: feed }, ["y"]);
    expect((await bound.run()).y!.data[0]).toBe(1);
    (feed.data as Float64Array).set([0, 0, 5]);
    expect((await bound.run()).y!.data[0]).toBe(15);
    await session.release();
  });

  test("equal graphs share one native session, and each holder can release it", async () => {
    const file = writeOnnx(weighted);
    const [a, b] = [await compile(file), await compile(readOnnx(file))];
    await a.release();
    expect((await b.run({ x: rows(1, 2, 3) })).y!.data[0]).toBe(14);
    await b.release();
    await releaseIdleSessions();
    const again = await compile(file);
    expect((await again.run({ x: rows(1, 2, 3) })).y!.data[0]).toBe(14);
    await again.release();
  });

  test("a port of a type that we do not compute with is refused by name", async () => {
    const { ModelProto, TensorProto } = onnx;
    const tensor = (name: string, elemType: number): onnx.IValueInfoProto => ({
      name,
      type: { tensorType: { elemType, shape: { dim: [{ dimValue: 2 }] } } },
    });
    const file = ModelProto.encode(
      ModelProto.create({
        irVersion: 10,
        opsetImport: [{ domain: "", version: 21 }],
        graph: {
          name: "half",
          input: [tensor("x", TensorProto.DataType.FLOAT)],
          output: [tensor("y", TensorProto.DataType.FLOAT16)],
          node: [
            { opType: "Cast", input: ["x"], output: ["y"], attribute: [{ name: "to", type: 2, i: 10 }] },
          ],
        },
      }),
    ).finish();
    expect(await codeOf(compile(file))).toMatch(/^GRAPH_UNSUPPORTED: "y" of the graph is float16/);
  });
});

describe("the event loop", () => {
  test("stays free while a worker session runs", async () => {
    const n = 700;
    const a = input("a", "float32", [n, n]);
    let y = a;
    for (let i = 0; i < 12; i++) y = mul(matMul(y, a), 1e-3);
    const session = await compileInWorker(graph({ inputs: [a], outputs: { y: reduceSum(y) } }));
    const feed: Tensor = { dtype: "float32", shape: [n, n], data: new Float32Array(n * n).fill(0.01) };
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    await session.run({ a: feed });
    clearInterval(timer);
    await session.release();
    expect(ticks).toBeGreaterThan(3);
  });
});

describe("the folder", () => {
  test("bundles for a browser: nothing of Node is imported", async () => {
    const result = await build({
      entryPoints: [new URL("./index.ts", import.meta.url).pathname],
      bundle: true,
      write: false,
      format: "esm",
      platform: "browser",
      external: ["onnxruntime-web"],
      logLevel: "silent",
    });
    expect(result.errors).toEqual([]);
    const text = result.outputFiles[0]!.text;
    expect(text).not.toMatch(/from\s*"node:|import\("node:|from\s*"onnxruntime-(node|web)"/);
    expect(text).toMatch(/import\("onnxruntime-web"\)/);
  });

  test("without any runtime there is one error with one command", () => {
    const hook = `export async function resolve(name, context, next) {
      if (/^onnxruntime-(node|web)/.test(name)) throw new Error("not installed");
      return next(name, context);
    }`;
    const main = `
      import { register } from "node:module";
      register("data:text/javascript," + encodeURIComponent(${JSON.stringify(hook)}));
      const { compile } = await import(${JSON.stringify(new URL("./index.ts", import.meta.url).href)});
      for (const device of ["cpu", "wasm"]) {
        await compile(new Uint8Array(), { device }).then(() => console.log("ran"), (error) => console.log(error.message));
      }`;
    const { stdout } = spawnSync(process.execPath, ["--import", "tsx", "--input-type=module", "-e", main], {
      encoding: "utf8",
    });
    expect(stdout.trim().split("\n")).toEqual([
      'No ONNX Runtime is installed that runs on "cpu". Run: npm install onnxruntime-node@1.30.0 [RUNTIME_MISSING]',
      'No ONNX Runtime is installed that runs on "wasm". Run: npm install onnxruntime-web@1.30.0 [RUNTIME_MISSING]',
    ]);
  });
});
