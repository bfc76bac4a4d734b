/** Gradient cases of normalisations, sums of products, dropout and recurrent layers. */
import type { Value } from "../../src/graph/index.ts";
import { apply, applyAll } from "../../src/graph/definition.ts";
import { definitionOf } from "../../src/graph/ops/catalogue.ts";
import * as ops from "../../src/graph/ops/index.ts";
import type { GradientCase } from "../gradient-check.ts";

const definition = (type: string) => definitionOf("", type)!;
/** Positive from any number, by ops, so that an input can stand for a variance. */
const variance = (z: Value): Value => ops.add(ops.mul(z, z), 0.5);

const layerShapes = [
  [
    [2, 3, 4],
    [3, 4],
    [3, 4],
  ],
  [[2, 3, 4], [4], [3, 1]],
];
const channelShapes = [
  [[2, 3, 4], [3], [3]],
  [[2, 3, 2, 2], [3], [3]],
];

const normalizations: GradientCase[] = [
  {
    op: "LayerNormalization",
    f: (x, s, b) => ops.layerNormalization(x!, s!, b!, { axis: 1, epsilon: 0.1 }),
    shapes: layerShapes,
  },
  {
    op: "LayerNormalization",
    name: "without shift",
    f: (x, s) => ops.layerNormalization(x!, s!, undefined, { axis: 1, epsilon: 0.1 }),
    shapes: layerShapes.map(([x, s]) => [x!, s!]),
    twice: true,
  },
  {
    op: "LayerNormalization",
    name: "float32, last axis",
    f: (x, s, b) => ops.layerNormalization(x!, s!, b!, { epsilon: 0.1 }),
    shapes: [[[2, 3, 4], [4], [4]]],
    dtype: "float32",
  },
  {
    op: "LayerNormalization",
    name: "float32, its statistics in the loss",
    f: (x, s) => applyAll(definition("LayerNormalization"), [x, s], { axis: 1, epsilon: 0.1 }, 3),
    shapes: [
      [
        [2, 3, 2],
        [3, 2],
      ],
    ],
    dtype: "float32",
  },
  {
    op: "LayerNormalization",
    name: "axis 0, no shift",
    f: (x, s) => ops.layerNormalization(x!, s!, undefined, { axis: 0 }),
    shapes: [[[3, 4], [4]]],
  },
  {
    op: "RMSNormalization",
    f: (x, s) => apply(definition("RMSNormalization"), [x!, s!], { axis: 1, epsilon: 0.1 }),
    shapes: [
      [
        [2, 3, 4],
        [3, 4],
      ],
      [[2, 3, 4], [4]],
    ],
    dtype: "float32",
  },
  {
    op: "Div",
    name: "rmsNormalization written out",
    f: (x, s) => ops.rmsNormalization(x!, s!),
    shapes: [[[2, 3], [3]]],
  },
  {
    op: "BatchNormalization",
    f: (x, s, b, m, v) => ops.batchNormalization(x!, s!, b!, m!, variance(v!), { epsilon: 0.01 }),
    shapes: [
      [[2, 3, 4], [3], [3], [3], [3]],
      [[4, 3], [3], [3], [3], [3]],
      [[5], [1], [1], [1], [1]],
      [[1, 2, 2, 3], [2], [2], [2], [2]],
    ],
  },
  {
    op: "BatchNormalization",
    name: "no shift",
    f: (x, s, m, v) => ops.batchNormalization(x!, s!, ops.mul(m!, 0), m!, variance(v!), { epsilon: 0.01 }),
    shapes: [[[2, 3, 4], [3], [3], [3]]],
    twice: true,
  },
  {
    op: "BatchNormalization",
    name: "training",
    f: (x, s, b) => {
      const running = ops.mul(s!, 0);
      const inputs = [x!, s!, b!, running, running];
      return applyAll(definition("BatchNormalization"), inputs, { training_mode: 1, epsilon: 0.1 }, 3)[0]!;
    },
    shapes: [
      [[3, 2, 4], [2], [2]],
      [[4, 3], [3], [3]],
    ],
  },
  {
    op: "InstanceNormalization",
    f: (x, s, b) => ops.instanceNormalization(x!, s!, b!, { epsilon: 0.1 }),
    shapes: channelShapes,
    dtype: "float32",
  },
  {
    op: "Mul",
    name: "instanceNormalization written out",
    f: (x, s, b) => ops.instanceNormalization(x!, s!, b!),
    shapes: channelShapes,
  },
  {
    op: "GroupNormalization",
    f: (x, s, b) => ops.groupNormalization(x!, s!, b!, 2, { epsilon: 0.1 }),
    shapes: [
      [[2, 4, 3], [4], [4]],
      [[1, 6, 2, 2], [6], [6]],
    ],
    dtype: "float32",
  },
  {
    op: "Mul",
    name: "groupNormalization written out",
    f: (x, s, b) => ops.groupNormalization(x!, s!, b!, 2),
    shapes: [[[2, 4, 3], [4], [4]]],
  },
  ...([1, 2] as const).map(
    (p): GradientCase => ({
      op: "LpNormalization",
      name: `p ${p}`,
      f: (x) => ops.lpNormalization(x!, { p, axis: 1 }),
      shapes: [[[2, 3, 2]]],
      domain: (z) => (z < 0 ? z - 0.3 : z + 0.3),
    }),
  ),
];

const sums: GradientCase[] = (
  [
    ["ij,jk->ik", [2, 3], [3, 4]],
    ["bij,bjk->bik", [2, 3, 2], [2, 2, 4]],
    ["ij->ji", [2, 3]],
    ["ij", [2, 3]],
    ["ba,bc", [2, 3], [2, 4]],
    ["ij->", [2, 3]],
    ["ijk->j", [2, 3, 2]],
    ["i,i->", [3], [3]],
    ["i,j,k->kij", [2], [3], [4]],
    ["bij,bjk,k->b", [2, 2, 3], [2, 3, 4], [4]],
    ["ij,ik->", [2, 3], [2, 4]],
    [",ij->ij", [], [2, 3]],
    ["ii->i", [3, 3]],
    ["ii", [3, 3]],
    ["bii->bi", [2, 3, 3]],
    ["iij->", [2, 2, 3]],
    ["ijij->ij", [2, 3, 2, 3]],
    ["...ij,...jk->...ik", [2, 2, 3], [2, 3, 2]],
    ["...ij,...jk->...ik", [4, 1, 2, 3], [2, 3, 2]],
    ["...i->...", [2, 3]],
    ["i...,i...->...", [3, 2], [3, 2]],
    ["...,...", [2, 3], [3]],
    ["ij,jk->ik", [2, 1], [3, 4]],
    ["ij,j->i", [2, 3], [1]],
  ] as const
).map(([equation, ...shapes], i) => ({
  op: "Einsum",
  name: `${i} ${equation}`,
  f: (...x: Value[]) => ops.einsum(equation, x),
  shapes: [shapes],
  twice: shapes.length > 1 && i % 3 === 0,
}));
const ellipsis: GradientCase = {
  op: "Einsum",
  name: "with ellipses in the file",
  f: (a, b) => apply(definition("Einsum"), [a, b], { equation: "...ij,jk..." }),
  shapes: [
    [
      [2, 3, 2],
      [2, 4, 2],
    ],
  ],
  fixedOnly: true,
};

const drops: GradientCase[] = [
  { op: "Dropout", f: (x) => ops.dropout(x!), shapes: [[[2, 3]]] },
  {
    op: "Dropout",
    name: "ratio 0",
    f: (x) => ops.dropout(x!, { ratio: 0, training: true }),
    shapes: [[[2, 3]]],
  },
  {
    op: "Dropout",
    name: "told at run time that it is not training",
    f: (x) => ops.dropout(x!, { ratio: 0.4, training: ops.less(ops.reduceSum(ops.abs(x!)), 0) }),
    shapes: [[[2, 3]]],
  },
];

/** x, w, r, bias and first states of one direction or two: 3 steps, 2 rows, 2 inputs, hidden size 2. */
const recurrentShapes = (gates: number, states: number, directions: number): number[][] => [
  [3, 2, 2],
  [directions, gates * 2, 2],
  [directions, gates * 2, 2],
  [directions, gates * 4],
  ...Array.from({ length: states }, () => [directions, 2, 2]),
];
const recurrent: GradientCase[] = (["forward", "bidirectional"] as const).flatMap((direction) => {
  const directions = direction === "forward" ? 1 : 2;
  const of = (op: string, gates: number, states: number, f: GradientCase["f"], name = ""): GradientCase => ({
    op,
    name: `${name} ${direction}`,
    f,
    shapes: [recurrentShapes(gates, states, directions)],
    dtype: "float32",
    domain: (z) => 0.7 * z,
    fixedOnly: true,
  });
  return [
    of("LSTM", 4, 2, (x, w, r, bias, initialH, initialC) =>
      Object.values(ops.lstm(x!, w!, r!, { bias, initialH, initialC, direction })),
    ),
    ...[true, false].map((linearBeforeReset) =>
      of(
        "GRU",
        3,
        1,
        (x, w, r, bias, initialH) =>
          Object.values(ops.gru(x!, w!, r!, { bias, initialH, direction, linearBeforeReset })),
        linearBeforeReset ? "reset after" : "reset before",
      ),
    ),
    of("RNN", 1, 1, (x, w, r, bias, initialH) =>
      Object.values(ops.rnn(x!, w!, r!, { bias, initialH, direction })),
    ),
  ];
});

const transforms: GradientCase[] = (
  [
    ["real", [2, 6, 1], {}],
    ["complex", [2, 5, 2], {}],
    ["half", [2, 6, 1], { onesided: true }],
    ["half of an odd length", [2, 5, 1], { onesided: true }],
    ["filled with zeros", [2, 5, 1], { length: 8, onesided: true }],
    ["cut", [2, 6, 2], { length: 4 }],
    ["along another axis", [4, 3, 2], { axis: 0 }],
    ["back", [2, 6, 2], { inverse: true }],
    ["back from real numbers", [2, 5, 1], { inverse: true, length: 4 }],
  ] as const
).map(([name, shape, options]) => ({
  op: "DFT",
  name,
  f: (x: Value) => ops.dft(x, options),
  shapes: [[shape]],
  fixedOnly: true,
  batched: name !== "along another axis",
}));
const window = ops.hannWindow(5, { dtype: "float64", periodic: false });
const frames: GradientCase[] = (
  [
    ["overlapping frames with a window", [2, 11], { frameStep: 3, window }],
    ["both sides, frames apart", [2, 11], { frameStep: 5, frameLength: 4, onesided: false }],
    ["complex", [1, 7, 2], { frameStep: 2, frameLength: 3, onesided: false }],
  ] as const
).map(([name, shape, options]) => ({
  op: "STFT",
  name,
  f: (x: Value) => ops.stft(x, options),
  shapes: [[shape]],
  fixedOnly: true,
  batched: true,
}));

export const layerCases: readonly GradientCase[] = [
  ...normalizations,
  ...sums,
  ellipsis,
  ...drops,
  ...recurrent,
  ...transforms,
  ...frames,
];
