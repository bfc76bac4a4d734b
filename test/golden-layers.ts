/** PyTorch's answers and gradients of layers, from test/golden/torch-layers.py and torch-ops.py, and the check of ours against them. */
import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { add, constant, gradient, input, mul, reduceSum, type Value } from "../src/graph/index.ts";
import { graph } from "../src/graph/index.ts";
import { compile } from "../src/runtime/index.ts";

interface Array64 {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}
export interface GoldenLayer {
  readonly name: string;
  readonly settings: Readonly<Record<string, number | string>>;
  readonly inputs: readonly Array64[];
  readonly outputs: readonly Array64[];
  /** Weights of the outputs in the loss whose gradients these are. */
  readonly cotangents: readonly Array64[];
  readonly gradients: readonly Array64[];
}

/** PyTorch's answer and gradients of torch-recurrent.onnx, which takes words to two numbers. */
interface Exported {
  readonly x: readonly number[];
  readonly y: Array64;
  /** Of the sum of the squared answers, by the parameters that keep their name in the file. */
  readonly gradients: Readonly<Record<string, Array64>>;
}
interface Golden {
  readonly cases: readonly GoldenLayer[];
  readonly exported?: Exported;
}
const read = (file: string): Golden =>
  JSON.parse(readFileSync(new URL(`golden/${file}`, import.meta.url), "utf8")) as Golden;
const layers = read("torch-layers.json");
const golden = [...layers.cases, ...read("torch-ops.json").cases];

export const exportedGolden = layers.exported!;
export const exportedFile = new URL("golden/torch-recurrent.onnx", import.meta.url);

/** The cases of some layers, titled. */
export function goldenLayers(...names: readonly string[]): [string, GoldenLayer][] {
  return golden
    .filter(({ name }) => names.includes(name))
    .map((each) => [`${each.name} ${JSON.stringify(each.settings)}`, each]);
}

const tolerances = { float64: 1e-9, float32: 2e-5 };

/** Compares answers and all gradients of a layer with PyTorch's. */
export async function checkGoldenLayer(
  layer: GoldenLayer,
  f: (...x: Value[]) => Value | readonly Value[],
  dtype: "float32" | "float64",
): Promise<void> {
  const tensor = ({ shape, data }: Array64) => ({
    dtype,
    shape,
    data: dtype === "float64" ? Float64Array.from(data) : Float32Array.from(data),
  });
  const inputs = layer.inputs.map((x, i) => input(`x${i}`, dtype, x.shape));
  const outputs = [f(...inputs)].flat() as Value[];
  const terms = outputs.map((y, i) => reduceSum(mul(y, constant(tensor(layer.cotangents[i]!)))));
  const gradients = gradient(
    terms.reduce((a, b) => add(a, b)),
    inputs,
  );
  const named = (letter: string, values: readonly Value[]): [string, Value][] =>
    values.map((value, i) => [`${letter}${i}`, value]);
  const session = await compile(
    graph({ inputs, outputs: Object.fromEntries([...named("y", outputs), ...named("g", gradients)]) }),
  );
  const found = await session.run(Object.fromEntries(layer.inputs.map((x, i) => [`x${i}`, tensor(x)])));
  await session.release();
  const wanted = [
    ...layer.outputs.map((y, i) => [`y${i}`, y] as const),
    ...layer.gradients.map((g, i) => [`g${i}`, g] as const),
  ];
  for (const [name, { shape, data }] of wanted) {
    expect(found[name]!.shape, name).toEqual(shape);
    data.forEach((value, i) => {
      const gap = Math.abs(Number(found[name]!.data[i]) - value) / Math.max(1, Math.abs(value));
      expect(gap, `${name}[${i}]: ${String(found[name]!.data[i])}, PyTorch ${value}`).toBeLessThan(
        tolerances[dtype],
      );
    });
  }
}
