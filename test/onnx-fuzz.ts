/**
 * Mutated files for the reader: whatever it is given, it returns a graph or one of our own errors.
 *
 * Half of the mutations change bytes, half change fields of the decoded file, so
 * that the bytes stay well formed and the meaning does not.
 */
import { createRandom, MillwrightError, type Random } from "../src/core/index.ts";
import { gradient } from "../src/graph/gradient.ts";
import { type Graph, graph } from "../src/graph/graph.ts";
import { defaultLimits } from "../src/graph/onnx/limits.ts";
import { decodeModel, encodeModel, type ModelProto } from "../src/graph/onnx/messages.ts";
import { readOnnx, readOnnxWidened } from "../src/graph/onnx/read.ts";
import { writeOnnx } from "../src/graph/onnx/write.ts";
import * as ops from "../src/graph/ops/index.ts";
import { printGraph } from "../src/graph/print.ts";
import { simplify } from "../src/graph/simplify.ts";
import { constant, input, isKnown, parameter } from "../src/graph/value.ts";

/** Graphs of many kinds of nodes, made here, so that fuzzing needs no data. */
export const samples: readonly Graph[] = (() => {
  const x = input("x", "float32", ["batch", 4]);
  const text = input("text", "string", ["batch", 1]);
  const w = parameter("layer.w", {
    dtype: "float32",
    shape: [4, 3],
    data: Float32Array.from({ length: 12 }, (_, i) => i / 7),
  });
  const hidden = ops.relu(
    ops.gemm(x, w, constant({ dtype: "float32", shape: [3], data: Float32Array.of(1, 2, 3) })),
  );
  const wide = ops.concat([hidden, ops.slice(x, [1], [3], [1])], 1);
  const loss = ops.reduceMean(ops.mul(ops.logSoftmax(wide), ops.softmax(ops.tile(wide, [1, 1]))));
  const [g] = gradient(loss, [w]);
  const flat = ops.stringNormalizer(ops.reshape(text, [-1]), { case: "lower", stopWords: ["the"] });
  const coded = ops.labelEncoder(text, {
    keys: ["a", "b"],
    values: Float64Array.of(1, 2),
    otherwise: Number.NaN,
  });
  const trees = ops.treeEnsemble(coded, {
    targetCount: 1,
    roots: [0],
    features: [0],
    splits: Float64Array.of(0.5),
    modes: Uint8Array.of(0),
    trueIds: [0],
    trueIsLeaf: [1],
    falseIds: [1],
    falseIsLeaf: [1],
    missingGoesTrue: [1],
    leafTargets: [0, 0],
    leafWeights: Float64Array.of(1, -1),
  });
  const top = ops.topK(ops.pad(ops.transpose(wide, [1, 0]), [0, 1, 0, 1]), 2);
  return [
    graph({ inputs: [x], outputs: { loss, g: g! }, metadata: { a: "b" } }),
    graph({ inputs: [x, text], outputs: { flat, trees, values: top.values, indices: top.indices } }),
    graph({
      inputs: [x],
      outputs: {
        y: ops.reshape(x, ops.concat([ops.shapeOf(x, 0, 1), ops.int64s([2, -1])], 0)),
        z: ops.gather(x, [0, -1], 1),
        c: ops.cumSum(ops.where(ops.isNaN(x), 0, x), 1),
      },
    }),
  ];
})();

/** A result, or one of our own errors about the model. Everything that is read can be used. */
export function expectControlled(bytes: Uint8Array): boolean {
  let read: Graph;
  try {
    read = readOnnx(bytes);
    readOnnxWidened(bytes);
  } catch (error) {
    if (error instanceof MillwrightError && error.code.startsWith("MODEL_")) return false;
    throw error;
  }
  printGraph(read);
  writeOnnx(read);
  try {
    writeOnnx(simplify(read));
    const loss = [...read.outputs.values()].find((value) => isKnown(value) && value.dtype === "float32");
    const wanted = read.inputs.filter((value) => isKnown(value)).filter((value) => value.dtype === "float32");
    if (loss && isKnown(loss) && wanted.length > 0) gradient(ops.reduceSum(loss), wanted);
  } catch (error) {
    // A file may contradict itself in ways that only show when more of it is computed.
    if (!(error instanceof MillwrightError)) throw error;
  }
  return true;
}

/** Changes some bytes: flips, cuts, repeats, numbers that never end. */
function mutateBytes(bytes: Uint8Array, random: Random): Uint8Array {
  let list = [...bytes];
  for (let k = random.integer(3); k >= 0; k--) {
    const at = random.integer(list.length + 1);
    const end = Math.min(list.length, at + random.integer(30));
    const kind = random.integer(5);
    if (kind === 0) list[at] = random.integer(256);
    else if (kind === 1) list = list.slice(0, at);
    else if (kind === 2)
      list.splice(at, 0, ...Array.from({ length: 1 + random.integer(10) }, () => 0xff - random.integer(2)));
    else if (kind === 3) list.splice(at, 0, ...list.slice(at, end));
    else list.splice(at, end - at);
  }
  return Uint8Array.from(list);
}

const oddNumbers = [
  0,
  -1,
  1,
  2,
  3,
  7,
  8,
  11,
  65,
  255,
  1e9,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 53 - 1,
  -(2 ** 53) + 1,
  2n ** 63n - 1n,
  -(2n ** 63n),
];

/** Changes some fields of the decoded file: the bytes stay well formed, the meaning does not. */
function mutateFields(model: ModelProto, random: Random): Uint8Array {
  const copy = structuredClone(model) as Record<string, unknown>;
  const names = (model.graph?.node ?? []).flatMap((each) => [
    each.opType ?? "",
    ...(each.input ?? []),
    ...(each.output ?? []),
  ]);
  for (let k = random.integer(3); k >= 0; k--) {
    const places: [Record<string, unknown>, string][] = [];
    collect(copy, places);
    const [owner, key] = places[random.integer(places.length)]!;
    const value = owner[key];
    if (typeof value === "number" || typeof value === "bigint")
      owner[key] = oddNumbers[random.integer(oddNumbers.length)];
    else if (typeof value === "string")
      owner[key] = random.integer(4) === 0 ? "" : names[random.integer(names.length)];
    else if (value instanceof Uint8Array) owner[key] = value.slice(0, random.integer(value.length + 1));
    else if (Array.isArray(value) && value.length > 0)
      owner[key] = random.integer(2) === 0 ? value.slice(1) : [...(value as unknown[]), value[0] as unknown];
    else if (Array.isArray(owner)) owner.splice(Number(key), 1);
    else delete owner[key];
  }
  try {
    return encodeModel(copy);
  } catch {
    // A bigint in a float field cannot be written at all: the file stays as it was.
    return encodeModel(model);
  }
}
function collect(object: Record<string, unknown>, places: [Record<string, unknown>, string][]): void {
  for (const key of Object.keys(object)) {
    const value = object[key];
    if (value === undefined) continue;
    places.push([object, key]);
    if (typeof value === "object" && value !== null && !(value instanceof Uint8Array))
      collect(value as Record<string, unknown>, places);
  }
}

/**
 * Reads mutations of good files.
 *
 * @returns How many were still readable.
 * @throws Error naming the seed where anything but our own error came out.
 */
export function fuzz(files: readonly Uint8Array[], from: number, rounds: number): number {
  const models = files.map((bytes) => decodeModel(bytes, defaultLimits));
  let readable = 0;
  for (let seed = from; seed < from + rounds; seed++) {
    const random = createRandom(seed);
    const which = random.integer(files.length);
    const bytes = seed % 2 === 0 ? mutateBytes(files[which]!, random) : mutateFields(models[which]!, random);
    try {
      if (expectControlled(bytes)) readable++;
    } catch (error) {
      throw new Error(`fuzz seed ${seed}: ${String(error)}`, { cause: error });
    }
  }
  return readable;
}
