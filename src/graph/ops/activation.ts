/**
 * Activation functions and soft maxima.
 *
 * ONNX Runtime has a float64 kernel for few of them: in float64 the others are
 * written out with ops that have one, and Erf is refused.
 */
import type { DType } from "../../core/index.ts";
import { apply, defineOp, requireDtype, requireSameDtype } from "../definition.ts";
import { normalAxis } from "../dims.ts";
import { scalar, tensorOf } from "../value.ts";
import { abs, add, div, exp, log, max, min, mul, sub } from "./arithmetic.ts";
import { greater, less } from "./comparison.ts";
import { requireFloat32, sumTo, unaryOp } from "./elementwise.ts";
import { where } from "./selection.ts";
import type { GradientRule, OpDefinition, Ops, Value } from "../types.ts";

function activation(
  name: string,
  type: string,
  slope: (
    call: {
      x: Value;
      y: Value;
      alpha: (name: string, otherwise: number) => number;
      text: (name: string) => string;
    },
    ops: Ops,
  ) => Value,
  attributes: OpDefinition["attributes"] = {},
): OpDefinition {
  const gradient: GradientRule = ({ inputs: [x], outputs: [y], attributes: given, gradient: g }, ops) => [
    ops.mul(
      g,
      slope(
        {
          x: x!,
          y: y!,
          alpha: (key, otherwise) => given.float(key, otherwise),
          text: (key) => given.string(key, "none"),
        },
        ops,
      ),
    ),
  ];
  return unaryOp(name, type, "float", gradient, { attributes });
}

/** 1 where x > 0, else the other slope. */
function above(ops: Ops, x: Value, otherwise: Value | number): Value {
  const low = typeof otherwise === "number" ? scalar(x.dtype, otherwise) : otherwise;
  return ops.where(ops.greater(x, 0), scalar(x.dtype, 1), low);
}

const reluOp = unaryOp(
  "relu",
  "Relu",
  ["float32", "float64", "int32"],
  // By the output, so that the runtime may join the op with the one before it; and as a product, since a step of
  // ResNet-18 takes 1.2 times as long with `where` (bench/network-speed.ts). Its price: an infinite gradient, as of a
  // square root at 0, gives NaN where PyTorch gives 0.
  ({ outputs: [y], gradient: g }, ops) => [ops.mul(g, ops.cast(ops.greater(y!, 0), g.dtype))],
);
const leakyReluOp = activation(
  "leakyRelu",
  "LeakyRelu",
  ({ x, alpha }, ops) => above(ops, x, alpha("alpha", 0.01)),
  {
    alpha: "float",
  },
);
const thresholdedReluOp = activation(
  "thresholdedRelu",
  "ThresholdedRelu",
  ({ x, alpha }, ops) => ops.cast(ops.greater(x, alpha("alpha", 1)), x.dtype),
  { alpha: "float" },
);
const sigmoidOp = activation("sigmoid", "Sigmoid", ({ y }, ops) => ops.mul(y, ops.sub(1, y)));
const tanhOp = activation("tanh", "Tanh", ({ y }, ops) => ops.sub(1, ops.mul(y, y)));
const softplusOp = activation("softplus", "Softplus", ({ x }, ops) => ops.sigmoid(x));
const softsignOp = activation("softsign", "Softsign", ({ x }, ops) => {
  const below = ops.add(ops.abs(x), 1);
  return ops.reciprocal(ops.mul(below, below));
});
const erfOp = activation("erf", "Erf", ({ x }, ops) =>
  ops.mul(ops.exp(ops.neg(ops.mul(x, x))), 2 / Math.sqrt(Math.PI)),
);
const eluOp = activation(
  "elu",
  "Elu",
  ({ x, y, alpha }, ops) => above(ops, x, ops.add(y, alpha("alpha", 1))),
  { alpha: "float" },
);
const celuOp = activation(
  "celu",
  "Celu",
  ({ x, alpha }, ops) => above(ops, x, ops.exp(ops.div(ops.min(x, 0), alpha("alpha", 1)))),
  { alpha: "float" },
);
const seluAlpha = 1.67326319217681884765625;
const seluGamma = 1.05070102214813232421875;
const seluOp = activation(
  "selu",
  "Selu",
  ({ x, y, alpha }, ops) => {
    const [a, gamma] = [alpha("alpha", seluAlpha), alpha("gamma", seluGamma)];
    return ops.where(ops.greater(x, 0), scalar(x.dtype, gamma), ops.add(y, a * gamma));
  },
  { alpha: "float", gamma: "float" },
);
const hardSigmoidOp = activation(
  "hardSigmoid",
  "HardSigmoid",
  ({ y, alpha }, ops) =>
    ops.mul(ops.cast(ops.and(ops.greater(y, 0), ops.less(y, 1)), y.dtype), alpha("alpha", 0.2)),
  { alpha: "float", beta: "float" },
);
const hardSwishOp = activation("hardSwish", "HardSwish", ({ x }, ops) => {
  const inside = ops.add(ops.div(x, 3), 0.5);
  const low = ops.where(ops.less(x, -3), scalar(x.dtype, 0), inside);
  return ops.where(ops.greater(x, 3), scalar(x.dtype, 1), low);
});
const mishOp = activation("mish", "Mish", ({ x }, ops) => {
  const t = ops.tanh(ops.softplus(x));
  return ops.add(t, ops.mul(ops.mul(x, ops.sigmoid(x)), ops.sub(1, ops.mul(t, t))));
});
/** Φ(x) + x·φ(x); or the derivative of the tanh form. */
const geluOp = activation(
  "gelu",
  "Gelu",
  ({ x, text }, ops) => {
    if (text("approximate") === "tanh") {
      const c = Math.sqrt(2 / Math.PI);
      const square = ops.mul(x, x);
      const t = ops.tanh(ops.mul(ops.mul(x, ops.add(ops.mul(square, 0.044715), 1)), c));
      const inner = ops.mul(ops.add(ops.mul(square, 3 * 0.044715), 1), c);
      const outer = ops.mul(ops.mul(ops.mul(x, 0.5), ops.sub(1, ops.mul(t, t))), inner);
      return ops.add(ops.mul(ops.add(t, 1), 0.5), outer);
    }
    const cdf = ops.mul(ops.add(ops.erf(ops.mul(x, Math.SQRT1_2)), 1), 0.5);
    const pdf = ops.mul(ops.exp(ops.mul(ops.mul(x, x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
    return ops.add(cdf, ops.mul(x, pdf));
  },
  { approximate: "string" },
);

const pReluOp = defineOp({
  name: "pRelu",
  type: "PRelu",
  inputs: [2, 2],
  infer(call) {
    const x = requireDtype(call, 0, "number");
    requireSameDtype(call);
    return [{ dtype: x.dtype, shape: x.shape }];
  },
  gradient({ inputs: [x, slope], gradient: g, needed }, ops) {
    const zero = scalar(g.dtype, 0);
    return [
      needed[0] ? ops.where(ops.less(x!, 0), ops.mul(g, slope!), g) : undefined,
      needed[1] ? sumTo(ops.mul(g, ops.where(ops.less(x!, 0), x!, zero)), slope!, ops) : undefined,
    ];
  },
});

const clipOp = defineOp({
  name: "clip",
  type: "Clip",
  inputs: [1, 3],
  infer(call) {
    const x = requireDtype(call, 0, "number");
    requireSameDtype(call);
    return [{ dtype: x.dtype, shape: x.shape }];
  },
  gradient({ inputs, outputs: [y], gradient: g, needed }, ops) {
    const [x, low, high] = inputs as [Value, Value?, Value?];
    const zero = scalar(g.dtype, 0);
    // From 0 on it is a rectifier, and units without input lie on its corner: 0 there, as for PyTorch's relu6 and hardtanh.
    // Elsewhere a bound passes it on, as for PyTorch's clamp: a file has one op for both.
    const rectifies = low !== undefined && Number(tensorOf(low)?.data[0]) === 0;
    if (rectifies && !needed[1] && !needed[2]) {
      const inside = high ? ops.min(y!, ops.sub(high, y!)) : y!;
      return [ops.mul(g, ops.cast(ops.greater(inside, 0), g.dtype))];
    }
    const tooLow = low && (rectifies ? ops.lessOrEqual(x, low) : ops.less(x, low));
    const tooHigh = high && (rectifies ? ops.lessOrEqual(high!, x) : ops.greater(x, high));
    let byX = g;
    if (tooLow) byX = ops.where(tooLow, zero, byX);
    if (tooHigh) byX = ops.where(tooHigh, zero, byX);
    const toBound = (bound: Value, outside: Value): Value =>
      ops.reshapeLike(ops.reduceSum(ops.where(outside, g, zero)), bound);
    // Where the bounds cross, the upper one wins.
    return [
      needed[0] ? byX : undefined,
      low && needed[1]
        ? toBound(low, tooHigh ? ops.and(tooLow!, ops.lessOrEqual(low, high!)) : tooLow!)
        : undefined,
      high && needed[2]
        ? toBound(high, low ? ops.or(tooHigh!, ops.greater(low, high)) : tooHigh!)
        : undefined,
    ];
  },
});

const softmaxOp = defineOp({
  name: "softmax",
  type: "Softmax",
  inputs: [1, 1],
  attributes: { axis: "int" },
  infer(call) {
    const x = requireDtype(call, 0, "float");
    normalAxis(call.name, call.attributes.int("axis", -1), x.shape.length);
    return [{ dtype: x.dtype, shape: x.shape }];
  },
  gradient({ outputs: [y], attributes, gradient: g }, ops) {
    const weighted = ops.mul(g, y!);
    const total = ops.reduceSum(weighted, { axes: [attributes.int("axis", -1)], keepDims: true });
    return [ops.sub(weighted, ops.mul(y!, total))];
  },
});
const logSoftmaxOp: OpDefinition = {
  ...softmaxOp,
  name: "logSoftmax",
  type: "LogSoftmax",
  gradient({ outputs: [y], attributes, gradient: g }, ops) {
    const total = ops.reduceSum(g, { axes: [attributes.int("axis", -1)], keepDims: true });
    return [ops.sub(g, ops.mul(ops.exp(y!), total))];
  },
};

const float64: DType = "float64";

/** max(x, 0). An infinite gradient that comes to a 0 of it goes on as NaN, where PyTorch has 0: see docs/ops.md. */
export function relu(x: Value): Value {
  return apply(reluOp, [x]);
}
/** x above 0, alpha·x below. */
export function leakyRelu(x: Value, alpha = 0.01): Value {
  return x.dtype === float64 ? where(greater(x, 0), x, mul(x, alpha)) : apply(leakyReluOp, [x], { alpha });
}
/** x above 0, slope·x below, with a slope that can be trained and broadcasts. */
export function pRelu(x: Value, slope: Value): Value {
  return x.dtype === float64 ? where(less(x, 0), mul(x, slope), x) : apply(pReluOp, [x, slope]);
}
/** x above alpha, else 0. */
export function thresholdedRelu(x: Value, alpha = 1): Value {
  return x.dtype === float64 ? where(greater(x, alpha), x, 0) : apply(thresholdedReluOp, [x], { alpha });
}
/** 1 / (1 + e^−x). */
export function sigmoid(x: Value): Value {
  return apply(sigmoidOp, [x]);
}
export function tanh(x: Value): Value {
  return apply(tanhOp, [x]);
}
/** log(1 + e^x), without overflow. */
export function softplus(x: Value): Value {
  if (x.dtype !== float64) return apply(softplusOp, [x]);
  return add(max(x, 0), log(add(exp(mul(abs(x), -1)), 1)));
}
/** x / (1 + |x|). */
export function softsign(x: Value): Value {
  return x.dtype === float64 ? div(x, add(abs(x), 1)) : apply(softsignOp, [x]);
}
/** Gauss's error function. float32 only: ONNX Runtime has no float64 kernel. */
export function erf(x: Value): Value {
  return apply(erfOp, [requireFloat32("erf", x)]);
}
/** x·Φ(x); `tanh` is the usual approximation, which works in float64 too. */
export function gelu(x: Value, approximate: "none" | "tanh" = "none"): Value {
  if (x.dtype === float64 && approximate === "tanh") {
    const inner = mul(mul(x, add(mul(mul(x, x), 0.044715), 1)), Math.sqrt(2 / Math.PI));
    return mul(mul(x, 0.5), add(tanh(inner), 1));
  }
  const attributes = { approximate: approximate === "none" ? undefined : approximate };
  return apply(geluOp, [requireFloat32("gelu", x)], attributes);
}
/** x above 0, alpha·(e^x − 1) below. */
export function elu(x: Value, alpha = 1): Value {
  if (x.dtype !== float64) return apply(eluOp, [x], { alpha });
  return where(greater(x, 0), x, mul(sub(exp(min(x, 0)), 1), alpha));
}
/** elu with a slope that stays 1 at 0 for every alpha. */
export function celu(x: Value, alpha = 1): Value {
  if (x.dtype !== float64) return apply(celuOp, [x], { alpha });
  return where(greater(x, 0), x, mul(sub(exp(div(min(x, 0), alpha)), 1), alpha));
}
/** Self-normalising elu (Klambauer et al. 2017). */
export function selu(x: Value): Value {
  return x.dtype === float64 ? mul(elu(x, seluAlpha), seluGamma) : apply(seluOp, [x]);
}
/** alpha·x + beta, cut to [0, 1]. */
export function hardSigmoid(x: Value, alpha = 0.2, beta = 0.5): Value {
  if (x.dtype !== float64) return apply(hardSigmoidOp, [x], { alpha, beta });
  return min(max(add(mul(x, alpha), beta), 0), 1);
}
/** x·hardSigmoid(x) with slope 1/6. */
export function hardSwish(x: Value): Value {
  return x.dtype === float64 ? mul(x, hardSigmoid(x, 1 / 6, 0.5)) : apply(hardSwishOp, [x]);
}
/** x·tanh(softplus x). */
export function mish(x: Value): Value {
  return x.dtype === float64 ? mul(x, tanh(softplus(x))) : apply(mishOp, [x]);
}
/** Cuts to [low, high]; numbers or scalars. The gradient passes at the bounds, but where `low` is a constant 0: a rectifier has a slope of 0 there. */
export function clip(x: Value, low?: Value | number, high?: Value | number): Value {
  const bound = (limit: Value | number | undefined): Value | undefined =>
    typeof limit === "number" ? scalar(x.dtype, limit) : limit;
  return apply(clipOp, [x, bound(low), bound(high)]);
}
/** Exponentials divided by their sum along an axis. */
export function softmax(x: Value, axis = -1): Value {
  return apply(softmaxOp, [x], { axis });
}
/** Logarithm of softmax, without loss of small probabilities. */
export function logSoftmax(x: Value, axis = -1): Value {
  return apply(logSoftmaxOp, [x], { axis });
}

export const activationOps: readonly OpDefinition[] = [
  reluOp,
  leakyReluOp,
  pReluOp,
  thresholdedReluOp,
  sigmoidOp,
  tanhOp,
  softplusOp,
  softsignOp,
  erfOp,
  geluOp,
  eluOp,
  celuOp,
  seluOp,
  hardSigmoidOp,
  hardSwishOp,
  mishOp,
  clipOp,
  softmaxOp,
  logSoftmaxOp,
];
