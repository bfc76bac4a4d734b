import { describe, expect, test } from "vitest";
import { MillwrightError } from "../core/index.ts";
import { parametersOf } from "../graph/index.ts";
import { compile } from "../runtime/index.ts";
import * as nn from "./index.ts";

function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof MillwrightError) return error.message;
    throw error;
  }
  return "no error";
}

const pictures = { dtype: "float32", shape: [3, 8, 8] } as const;

describe("a network", () => {
  test("names parameters by their path, in the graph that ships too", () => {
    const block = nn.residual(nn.sequential([nn.conv2d(4, 3), nn.relu()]), nn.conv2d(4, 1));
    const body = nn.sequential({ body: block, pool: nn.globalPool(), head: nn.dense(2) });
    const net = nn.network(pictures, body);
    const weights = nn.initialise(net, { seed: 1 });
    const paths = [
      "body.branch.0.weight",
      "body.branch.0.bias",
      "body.shortcut.weight",
      "body.shortcut.bias",
      "head.weight",
      "head.bias",
    ];
    expect(Object.keys(weights)).toEqual(paths);
    expect(nn.parameterCount(net)).toBe(4 * 3 * 9 + 4 + 4 * 3 + 4 + 2 * 4 + 2);
    const shipped = nn.scoringGraph(net, weights);
    expect([...parametersOf(shipped).keys()].sort()).toEqual([...paths].sort());
    expect(shipped.inputs[0]!.shape).toEqual(["batch", 3, 8, 8]);
  });

  test("starts from the same weights with the same seed, and a new layer leaves the others as they were", () => {
    const small = nn.network(
      { dtype: "float32", shape: [4] },
      nn.sequential({ a: nn.dense(3), c: nn.dense(3) }),
    );
    const large = nn.network(
      { dtype: "float32", shape: [4] },
      nn.sequential({ a: nn.dense(3), b: nn.dense(3), c: nn.dense(3) }),
    );
    const [one, again, more, other] = [
      nn.initialise(small, { seed: 5 }),
      nn.initialise(small, { seed: 5 }),
      nn.initialise(large, { seed: 5 }),
      nn.initialise(small, { seed: 6 }),
    ];
    expect(again).toEqual(one);
    expect(more["c.weight"]).toEqual(one["c.weight"]);
    expect(other["a.weight"]).not.toEqual(one["a.weight"]);
  });

  test("one object in two places is two layers; one name in one scope is one parameter", () => {
    const part = nn.dense(4);
    const twice = nn.network({ dtype: "float32", shape: [4] }, nn.sequential([part, part]));
    expect(Object.keys(nn.initialise(twice, { seed: 1 }))).toHaveLength(4);
    const tied = nn.network({ dtype: "float32", shape: [4] }, (inputs, scope) => {
      const once = scope.apply("tied", part, inputs["x"]!);
      return scope.apply("tied", part, once);
    });
    expect(Object.keys(nn.initialise(tied, { seed: 1 }))).toEqual(["tied.weight", "tied.bias"]);
  });

  describe("two layers cannot have one path", () => {
    const flat = { dtype: "float32", shape: [4] } as const;
    const part = nn.dense(4);
    const own = (name: string) => nn.network(flat, (inputs, scope) => scope.apply(name, part, inputs["x"]!));
    const inner = (name: string) =>
      nn.network(
        flat,
        nn.sequential({ a: nn.layer("own", (x, scope) => part.apply(x, scope.child(name))), b: part }),
      );
    test.each([
      [
        "sequential",
        () => nn.sequential({ a: nn.sequential({ b: part }), "a.b": part }),
        /^sequential has a part "a\.b", and dots join.*"a_b".*PARAMETER_RANGE/,
      ],
      [
        "sequential without a name",
        () => nn.sequential({ "": nn.sequential({ b: part }), b: part }),
        /^sequential has a part with an empty name.*PARAMETER_RANGE/,
      ],
      ["branches", () => nn.branches({ "0.5x": part, full: part }), /^branches has a part "0\.5x".*"0_5x"/],
      ["branches without a name", () => nn.branches({ "": part }), /^branches has a part with an empty name/],
      [
        "apply",
        () => nn.initialise(own("a.b"), { seed: 1 }),
        /^The network has a part "a\.b".*PARAMETER_RANGE/,
      ],
      [
        "child",
        () => nn.initialise(inner("c.d"), { seed: 1 }),
        /^The layer "a" \(own\), given \[batch, 4\]: The place "a" has a part "c\.d".*PARAMETER_RANGE/,
      ],
    ])("%s", (_name, run, words) => {
      expect(messageOf(run)).toMatch(words);
    });

    test("an empty name is the scope's own place", () => {
      const paths = Object.keys(nn.initialise(own(""), { seed: 1 }));
      expect(paths).toEqual(["weight", "bias"]);
    });
  });

  test("a layer that does not fit is named with its path, what it is given and what it needs", () => {
    const dense = nn.sequential({
      body: nn.sequential([nn.conv2d(4, 3), nn.conv1d(4, 3)]),
      head: nn.dense(2),
    });
    const net = nn.network(pictures, dense);
    expect(messageOf(() => nn.initialise(net, { seed: 1 }))).toBe(
      'The layer "body.1" (conv1d), given [batch, 4, 8, 8]: takes [batch, channels, width], and is given [batch, 4, 8, 8]. Reshape or flatten before it, or use the layer for that rank. [SHAPE_MISMATCH]',
    );
  });

  test.each([
    ["units", () => nn.dense(0), /dense has { units: 0 }.*PARAMETER_RANGE/],
    ["momentum", () => nn.batchNorm({ momentum: 2 }), /batchNorm has { momentum: 2 }.*PARAMETER_RANGE/],
    ["epsilon", () => nn.layerNorm({ epsilon: -1 }), /layerNorm has { epsilon: -1 }.*PARAMETER_RANGE/],
    ["padding of a pool", () => nn.maxPool(2, { padding: 2 }), /nothing but padding.*PARAMETER_CONFLICT/],
    ["sizes of a reshape", () => nn.reshape(0, 4), /reshape has { size: 0 }.*PARAMETER_RANGE/],
    [
      "class weights",
      () => nn.crossEntropy({ classWeights: [1, -1] }),
      /classWeights\[1\]: -1.*PARAMETER_RANGE/,
    ],
    [
      "weight of positives",
      () => nn.binaryCrossEntropy({ positiveWeight: 0 }),
      /positiveWeight: 0.*PARAMETER_RANGE/,
    ],
    ["alpha", () => nn.focal({ alpha: 2 }), /focal has { alpha: 2 }.*\[0, 1\].*PARAMETER_RANGE/],
    ["delta", () => nn.huber(0), /huber has { delta: 0 }.*PARAMETER_RANGE/],
    ["quantiles", () => nn.quantile([0.5, 2]), /quantiles\[1\]: 2.*\(0, 1\).*PARAMETER_RANGE/],
    ["no quantile", () => nn.quantile([]), /no quantile.*PARAMETER_RANGE/],
    ["weight decay", () => nn.adamw({ weightDecay: -1 }), /adamw has { weightDecay: -1 }.*PARAMETER_RANGE/],
    ["epsilon of a step", () => nn.rmsProp({ epsilon: Number.NaN }), /epsilon: NaN.*PARAMETER_RANGE/],
    [
      "setting of an optimiser",
      () => nn.adam({ learnRate: 0.1 } as object),
      /adam has no { learnRate }; the nearest name is { learningRate }.*PARAMETER_UNKNOWN/,
    ],
    ["rise", () => nn.oneCycle({ rise: 2 }), /oneCycle has { rise: 2 }.*PARAMETER_RANGE/],
    ["factor of a plateau", () => nn.plateau({ factor: 1 }), /plateau has { factor: 1 }.*PARAMETER_RANGE/],
    ["rate", () => nn.dropout(1), /dropout has { rate: 1 }.*\[0, 1\).*PARAMETER_RANGE/],
    ["even kernel", () => nn.conv2d(4, 2), /even kernel of 2.*PARAMETER_CONFLICT/],
    [
      "heads",
      () =>
        nn.initialise(nn.network({ dtype: "float32", shape: [5, 6] }, nn.multiHeadAttention({ heads: 4 })), {
          seed: 1,
        }),
      /4 heads, which do not divide 6 features.*SHAPE_MISMATCH/,
    ],
    [
      "groups",
      () => nn.initialise(nn.network(pictures, nn.conv2d(4, 3, { groups: 2 })), { seed: 1 }),
      /2 groups.*3 channels and 4 filters.*SHAPE_MISMATCH/,
    ],
    [
      "a residual of another shape",
      () => nn.initialise(nn.network(pictures, nn.residual(nn.conv2d(4, 3))), { seed: 1 }),
      /\[batch, 4, 8, 8\], and the shortcut \[batch, 3, 8, 8\].*SHAPE_MISMATCH/,
    ],
    [
      "sizes of a reshape that its rows do not have",
      () => nn.initialise(nn.network(pictures, nn.reshape(7, 7)), { seed: 1 }),
      /\(reshape\).*makes \[7, 7\], 49 elements, of rows of 192.*SHAPE_MISMATCH/,
    ],
    [
      "seed",
      () => nn.initialise(nn.network(pictures, nn.flatten()), { seed: 0.5 }),
      /seed: 0\.5.*PARAMETER_RANGE/,
    ],
    [
      "groups of a normalisation",
      () => nn.initialise(nn.network(pictures, nn.groupNorm(2)), { seed: 1 }),
      /\(groupNorm\).*2 groups.*3.*SHAPE_MISMATCH/,
    ],
    [
      "two inputs and one layer",
      () => nn.network({ a: pictures, b: pictures }, nn.dense(2)),
      /2 inputs \(a, b\) and one layer.*PARAMETER_CONFLICT/,
    ],
    [
      "one name in two shapes",
      () =>
        nn.initialise(
          nn.network({ dtype: "float32", shape: [4] }, (inputs, scope) =>
            scope.apply("a", nn.dense(3), scope.apply("a", nn.dense(4), inputs["x"]!)),
          ),
          { seed: 1 },
        ),
      /"a.weight" is declared as \[4, 4\] and again as \[3, 4\].*SHAPE_MISMATCH/,
    ],
  ])("%s: a clear error", (_name, run, message) => {
    expect(messageOf(run)).toMatch(message);
  });
});

test.each(["float32", "float64"] as const)("silu is x / (1 + exp(−x)) in %s, far out too", async (dtype) => {
  const net = nn.network({ dtype, shape: [1] }, nn.silu());
  const points = [-800, -20, -1, -1e-3, 0, 0.5, 3, 40, 800];
  const data = dtype === "float64" ? Float64Array.from(points) : Float32Array.from(points);
  const session = await compile(nn.scoringGraph(net, {}, { dtype }));
  const { scores } = await session.run({ x: { dtype, shape: [points.length, 1], data } });
  await session.release();
  points.forEach((x, i) => {
    const wanted = x / (1 + Math.exp(-x));
    const close = dtype === "float64" ? 1e-12 : 1e-6;
    expect(Math.abs(Number(scores!.data[i]) - wanted)).toBeLessThanOrEqual(
      close * Math.max(1e-3, Math.abs(x)),
    );
  });
});

describe("patterns of paths", () => {
  test.each([
    ["head.**", "head.weight", true],
    ["head.**", "head", true],
    ["head.**", "headless.weight", false],
    ["**", "a.b.c", true],
    ["**.bias", "a.b.bias", true],
    ["**.bias", "bias", true],
    ["body.*.weight", "body.0.weight", true],
    ["body.*.weight", "body.0.1.weight", false],
    ["*norm*.weight", "batchnorm1.weight", true],
    ["a*b*c", "aXbYc", true],
    ["a*b*c", "aXcYb", false],
    ["ab*ba", "aba", false],
  ])("%s on %s: %s", (pattern, path, wanted) => {
    expect(nn.matches(pattern, path)).toBe(wanted);
  });
});
