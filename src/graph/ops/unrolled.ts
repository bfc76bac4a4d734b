/**
 * Recurrent layers written out step by step, forwards and backwards.
 *
 * ONNX's LSTM, GRU and RNN give no gates, so their gradient computes the forward pass again, one step after the
 * other, and keeps what the sweep back needs. Everything lies as [features, batch]: then gates are contiguous parts
 * of one product, and a step's matrix product has the small matrix on the side that is packed. Both weight
 * gradients, the bias's and the input's are one product over all steps each.
 *
 * Tried and left, each within a few per cent of this: four products a step in place of one and a split, a chain of
 * products in place of the concatenation (five nodes more a step), the input's part of the product hoisted out.
 * bench/network-speed.ts times a whole step of an LSTM.
 */
import { joined } from "./shape.ts";
import type { Ops, Value } from "../types.ts";

/** What writing out needs of the op functions. */
export type StepOps = Pick<
  Ops,
  | "add"
  | "cast"
  | "concat"
  | "gemm"
  | "greater"
  | "int64s"
  | "matMul"
  | "mul"
  | "onesLike"
  | "relu"
  | "reshapeLike"
  | "reduceSum"
  | "sigmoid"
  | "slice"
  | "split"
  | "squeeze"
  | "sub"
  | "tanh"
  | "transpose"
  | "unsqueeze"
  | "where"
  | "zerosLike"
  | "zerosWith"
>;

export type CellKind = "lstm" | "gru" | "rnn";

/** A layer as the node describes it. */
export interface RecurrentLayer {
  readonly kind: CellKind;
  /** Hidden size. */
  readonly hidden: number;
  /** For each direction, whether it goes from the last step to the first. */
  readonly reversed: readonly boolean[];
  /** GRU: the reset gate acts on the product, as in PyTorch, and not on the state. */
  readonly linearBeforeReset: boolean;
  /** RNN: max(0, x) in place of tanh. */
  readonly relu: boolean;
  /** [steps, batch, inputs], the number of steps known. */
  readonly x: Value;
  /** [directions, gates·hidden, inputs] */
  readonly w: Value;
  /** [directions, gates·hidden, hidden] */
  readonly r: Value;
  /** [directions, 2·gates·hidden] */
  readonly bias: Value | undefined;
  /** Length of each sequence, int32 [batch]. */
  readonly lengths: Value | undefined;
  /** [directions, batch, hidden] for each state: h, and c of an LSTM. */
  readonly initial: readonly (Value | undefined)[];
}

export const gateCounts: Readonly<Record<CellKind, number>> = { lstm: 4, gru: 3, rnn: 1 };

/** One direction's weights: w [gates·hidden, inputs] and so on. */
interface Weights {
  readonly w: Value;
  readonly r: Value;
  /** Of the input's and of the state's product, [gates·hidden, 1]. */
  readonly bias: readonly [Value, Value] | undefined;
}

/** What a step leaves for the sweep back, by name. */
type Saved = Readonly<Record<string, Value>>;

interface Step {
  /** Input (with a row of ones under it where there is a bias) above the state: the right side of the products. */
  readonly right: Value;
  readonly states: readonly Value[];
  readonly saved: Saved;
}

/** Gradients by the sums before the activations: those of the input's product, and those of the state's. */
interface Pre {
  readonly byInput: Value;
  readonly byState: Value;
  readonly states: readonly (Value | undefined)[];
}

interface Cell {
  step(x: Value, states: readonly Value[]): Step;
  /**
   * @param gradients - By the states after the step; the first is there.
   * @param plus - Added to the gradient by h before the step.
   * @param further - Whether the gradient by the states before the step is wanted.
   */
  back(
    step: Step,
    before: readonly Value[],
    gradients: readonly (Value | undefined)[],
    plus: Value | undefined,
    further: boolean,
  ): Pre;
}

/** a − b·c */
function lessProduct(a: Value, b: Value, c: Value, ops: StepOps): Value {
  return ops.sub(a, ops.mul(b, c));
}

/** The matrix of all products of a step: [gates·hidden, inputs (+ 1) + hidden]. */
function sideBySide({ w, r, bias }: Weights, ops: StepOps): Value {
  return ops.concat(bias ? [w, ops.add(bias[0], bias[1]), r] : [w, r], 1);
}

/**
 * i, o, f = σ(…), g = tanh(…), c' = f·c + i·g, h' = o·tanh(c').
 *
 * With u = i·g and v = f·c kept, each factor of the sweep back is two operations: i·(1 − g²) = i − u·g and so on.
 */
function lstmCell(weights: Weights, ops: StepOps): Cell {
  const all = sideBySide(weights, ops);
  const back = ops.transpose(weights.r);
  return {
    step(x, [h, c]) {
      const right = ops.concat([x, h!], 0);
      const [iIn, oIn, fIn, gIn] = ops.split(ops.matMul(all, right), 0, 4) as [Value, Value, Value, Value];
      const [i, o, f, g] = [ops.sigmoid(iIn), ops.sigmoid(oIn), ops.sigmoid(fIn), ops.tanh(gIn)];
      const [u, v] = [ops.mul(i, g), ops.mul(f, c!)];
      const next = ops.add(u, v);
      const t = ops.tanh(next);
      const y = ops.mul(o, t);
      return { right, states: [y, next], saved: { i, o, f, g, u, v, t, y } };
    },
    back({ saved }, _before, [byH, byC], plus, further) {
      const { i, o, f, g, u, v, t, y } = saved as Record<
        "i" | "o" | "f" | "g" | "u" | "v" | "t" | "y",
        Value
      >;
      const through = ops.mul(byH!, lessProduct(o, y, t, ops));
      const dc = byC ? ops.add(through, byC) : through;
      const byI = ops.mul(dc, lessProduct(u, u, i, ops));
      const byO = ops.mul(byH!, lessProduct(y, y, o, ops));
      const byF = ops.mul(dc, lessProduct(v, v, f, ops));
      const byG = ops.mul(dc, lessProduct(i, u, g, ops));
      const pre = ops.concat([byI, byO, byF, byG], 0);
      const states = further ? [ops.gemm(back, pre, plus), ops.mul(dc, f)] : [];
      return { byInput: pre, byState: pre, states };
    },
  };
}

/** h' = tanh(…), or max(0, …). */
function rnnCell(weights: Weights, relu: boolean, ops: StepOps): Cell {
  const all = sideBySide(weights, ops);
  const back = ops.transpose(weights.r);
  return {
    step(x, [h]) {
      const right = ops.concat([x, h!], 0);
      const sum = ops.matMul(all, right);
      const y = relu ? ops.relu(sum) : ops.tanh(sum);
      return { right, states: [y], saved: { y } };
    },
    back({ saved }, _before, [byH], plus, further) {
      const y = saved["y"]!;
      const pre = relu
        ? ops.where(ops.greater(y, 0), byH!, ops.zerosLike(byH!))
        : ops.mul(byH!, ops.sub(1, ops.mul(y, y)));
      return { byInput: pre, byState: pre, states: further ? [ops.gemm(back, pre, plus)] : [] };
    },
  };
}

/**
 * z, r = σ(…), h' = (1 − z)·n + z·h, with n = tanh(Wx + b + r·(Rh + b')), or tanh(Wx + R(r·h) + b + b').
 */
function gruCell(weights: Weights, hidden: number, linearBeforeReset: boolean, ops: StepOps): Cell {
  const gates = (matrix: Value): Value[] => ops.split(matrix, 0, [2 * hidden, hidden]);
  const [w, r] = [gates(weights.w), gates(weights.r)] as [[Value, Value], [Value, Value]];
  const bias = weights.bias?.map(gates) as [[Value, Value], [Value, Value]] | undefined;
  const ofGates = sideBySide({ w: w[0], r: r[0], bias: bias && [bias[0][0], bias[1][0]] }, ops);
  const ofNew = bias
    ? ops.concat([w[1], linearBeforeReset ? bias[0][1] : ops.add(bias[0][1], bias[1][1])], 1)
    : w[1];
  const backGates = ops.transpose(r[0]);
  const backNew = ops.transpose(r[1]);
  const backAll = ops.transpose(weights.r);
  return {
    step(x, [h]) {
      const right = ops.concat([x, h!], 0);
      const [z, reset] = ops.split(ops.sigmoid(ops.matMul(ofGates, right)), 0, 2) as [Value, Value];
      const own = ops.matMul(ofNew, x);
      // What the state gives to the new one: q = Rh + b', or the product with r·h.
      const q = linearBeforeReset ? ops.gemm(r[1], h!, bias?.[1][1]) : ops.mul(reset, h!);
      const n = ops.tanh(linearBeforeReset ? ops.add(own, ops.mul(reset, q)) : ops.gemm(r[1], q, own));
      const y = ops.add(n, ops.mul(z, ops.sub(h!, n)));
      return { right, states: [y], saved: { z, reset, n, q } };
    },
    back({ saved }, [h], [byH], plus, further) {
      const { z, reset, n, q } = saved as Record<"z" | "reset" | "n" | "q", Value>;
      const kept = ops.mul(byH!, z);
      const byN = ops.mul(ops.sub(byH!, kept), ops.sub(1, ops.mul(n, n)));
      const byZ = ops.mul(ops.mul(ops.sub(h!, n), kept), ops.sub(1, z));
      // d/dr of n's sum is q where r acts on the product, else h behind R.
      const behind = linearBeforeReset ? undefined : ops.matMul(backNew, byN);
      const slope = linearBeforeReset ? ops.mul(byN, q) : ops.mul(behind!, h!);
      const byReset = ops.mul(slope, lessProduct(reset, reset, reset, ops));
      const byQ = linearBeforeReset ? ops.mul(byN, reset) : byN;
      const byInput = ops.concat([byZ, byReset, byN], 0);
      const byState = linearBeforeReset ? ops.concat([byZ, byReset, byQ], 0) : byInput;
      if (!further) return { byInput, byState, states: [] };
      const sum = plus ? ops.add(kept, plus) : kept;
      const byBefore = linearBeforeReset
        ? ops.gemm(backAll, byState, sum)
        : ops.gemm(backGates, ops.concat([byZ, byReset], 0), ops.add(sum, ops.mul(behind!, reset)));
      return { byInput, byState, states: [byBefore] };
    },
  };
}

/** A direction that has been run. */
interface Run {
  readonly cell: Cell;
  readonly weights: Weights;
  /** Indices of the steps in the order in which they were done. */
  readonly order: readonly number[];
  /** By index of the step. */
  readonly steps: readonly Step[];
  /** States before each step, by index. */
  readonly before: readonly (readonly Value[])[];
  /** Answers, zero behind the end of a sequence, by index: [hidden, batch]. */
  readonly answers: readonly Value[];
  readonly last: readonly Value[];
}

export interface Unrolled {
  /** Y [steps, directions, batch, hidden], then the last states [directions, batch, hidden]. */
  readonly outputs: readonly Value[];
  readonly runs: readonly Run[];
  /** 1 where a step is inside its sequence, else 0: [1, batch] by step. Absent without lengths. */
  readonly masks: readonly Value[] | undefined;
}

/** Parts of a value along its first axis, without that axis. */
function along(value: Value, count: number, ops: StepOps): Value[] {
  const drop = (part: Value): Value => ops.squeeze(part, [0]);
  return count === 1 ? [drop(value)] : ops.split(value, 0, count).map(drop);
}

function stack(parts: readonly Value[], ops: StepOps): Value {
  const lifted = parts.map((part) => ops.unsqueeze(part, [0]));
  return joined(lifted, 0);
}

/** Of each direction. */
function weightsOf(layer: RecurrentLayer, ops: StepOps): Weights[] {
  const [w, r, bias] = [layer.w, layer.r, layer.bias].map(
    (value) => value && along(value, layer.reversed.length, ops),
  );
  const column = (value: Value): Value => ops.unsqueeze(value, [1]);
  return layer.reversed.map((_, direction) => ({
    w: w![direction]!,
    r: r![direction]!,
    bias: bias && (ops.split(bias[direction]!, 0, 2).map(column) as [Value, Value]),
  }));
}

function cellOf(layer: RecurrentLayer, weights: Weights, ops: StepOps): Cell {
  if (layer.kind === "lstm") return lstmCell(weights, ops);
  if (layer.kind === "rnn") return rnnCell(weights, layer.relu, ops);
  return gruCell(weights, layer.hidden, layer.linearBeforeReset, ops);
}

/** Number of steps. */
function stepsOf(layer: RecurrentLayer): number {
  return layer.x.shape[0] as number;
}

/** The forward pass, step by step. */
export function unroll(layer: RecurrentLayer, ops: StepOps): Unrolled {
  const count = stepsOf(layer);
  const turned = ops.transpose(layer.x, [0, 2, 1]);
  const one = layer.bias && ops.onesLike(ops.slice(turned, [0], [1], [1]));
  const inputs = along(one ? ops.concat([turned, one], 1) : turned, count, ops);
  const masks = layer.lengths && maskOf(layer.lengths, count, layer.x, ops);
  const states = layer.kind === "lstm" ? 2 : 1;
  const zero = ops.zerosWith(inputs[0]!, 0, ops.int64s([layer.hidden]));
  const starts = Array.from({ length: states }, (_, k) => {
    const given = layer.initial[k];
    if (!given) return layer.reversed.map(() => zero);
    return along(given, layer.reversed.length, ops).map((value) => ops.transpose(value));
  });
  const allWeights = weightsOf(layer, ops);
  const runs = layer.reversed.map((reversed, direction): Run => {
    const weights = allWeights[direction]!;
    const cell = cellOf(layer, weights, ops);
    const order = Array.from({ length: count }, (_, i) => (reversed ? count - 1 - i : i));
    const steps: Step[] = [];
    const before: (readonly Value[])[] = [];
    const answers: Value[] = [];
    let now: readonly Value[] = starts.map((each) => each[direction]!);
    for (const t of order) {
      const step = cell.step(inputs[t]!, now);
      before[t] = now;
      steps[t] = step;
      const mask = masks?.[t];
      const kept = now;
      // Behind its end a sequence keeps its state, and answers zeros.
      now = mask
        ? step.states.map((next, k) => ops.add(kept[k]!, ops.mul(mask, ops.sub(next, kept[k]!))))
        : step.states;
      answers[t] = mask ? ops.mul(mask, step.states[0]!) : step.states[0]!;
    }
    // As the op has it, an empty sequence ends in zeros, whatever its first state.
    const last = masks ? now.map((state) => ops.mul(masks[0]!, state)) : now;
    return { cell, weights, order, steps, before, answers, last };
  });
  const answers = runs.map((run) => ops.transpose(stack(run.answers, ops), [0, 2, 1]));
  const y = answers.map((each) => ops.unsqueeze(each, [1]));
  const last = Array.from({ length: states }, (_, k) =>
    stack(
      runs.map((run) => ops.transpose(run.last[k]!)),
      ops,
    ),
  );
  return { outputs: [joined(y, 1), ...last], runs, masks };
}

function maskOf(lengths: Value, count: number, x: Value, ops: StepOps): Value[] {
  const row = ops.unsqueeze(ops.cast(lengths, x.dtype), [0]);
  return Array.from({ length: count }, (_, t) => ops.cast(ops.greater(row, t), x.dtype));
}

/** Which gradients of a layer are wanted. */
export interface Wanted {
  readonly x: boolean;
  readonly weights: boolean;
  readonly initial: boolean;
}

export interface LayerGradients {
  readonly x: Value | undefined;
  readonly w: Value | undefined;
  readonly r: Value | undefined;
  readonly bias: Value | undefined;
  readonly initial: readonly (Value | undefined)[];
}

/**
 * The sweep back.
 *
 * @param gradients - By Y and by the last states, as `outputs` has them; undefined where none comes.
 */
export function sweepBack(
  layer: RecurrentLayer,
  { runs, masks }: Unrolled,
  gradients: readonly (Value | undefined)[],
  wanted: Wanted,
  ops: StepOps,
): LayerGradients {
  const count = stepsOf(layer);
  const directions = layer.reversed.length;
  const [byY, ...byLast] = gradients;
  const byAnswers = byY && ops.split(byY, 1, directions).map((part) => ops.squeeze(part, [1]));
  const ofLast = byLast.map((each) => each && along(each, directions, ops));
  const parts = runs.map((run, d) => {
    const incoming = byAnswers && along(ops.transpose(byAnswers[d]!, [0, 2, 1]), count, ops);
    const last = ofLast.map((each) => {
      const own = each && ops.transpose(each[d]!);
      return own && masks ? ops.mul(masks[0]!, own) : own;
    });
    const swept = sweep(run, incoming, last, masks, wanted.initial, ops);
    return { ...ofWeights(layer, run, swept, wanted, ops), initial: swept.initial };
  });
  const join = (pick: (part: (typeof parts)[number]) => Value | undefined): Value | undefined => {
    const values = parts.map(pick);
    return values.some((value) => !value) ? undefined : stack(values as Value[], ops);
  };
  const byX = parts.map((part) => part.x).filter((value) => value !== undefined);
  return {
    x: byX.length === 0 ? undefined : byX.reduce((a, b) => ops.add(a, b)),
    w: join((part) => part.w),
    r: join((part) => part.r),
    bias: join((part) => part.bias),
    initial: layer.initial.map((_, k) =>
      wanted.initial ? join((part) => part.initial[k] && ops.transpose(part.initial[k])) : undefined,
    ),
  };
}

/** Gradients by the sums before the activations of all steps, side by side: [gates·hidden, steps·batch]. */
interface Swept {
  readonly byInput: Value;
  readonly byState: Value;
  readonly initial: readonly (Value | undefined)[];
}

function sweep(
  run: Run,
  incoming: readonly Value[] | undefined,
  last: readonly (Value | undefined)[],
  masks: readonly Value[] | undefined,
  toStart: boolean,
  ops: StepOps,
): Swept {
  const byInput: Value[] = [];
  const byState: Value[] = [];
  const sum = (a: Value | undefined, b: Value | undefined): Value | undefined =>
    a && b ? ops.add(a, b) : (a ?? b);
  const order = [...run.order].reverse();
  // Without masks, the answer's gradient joins the state's inside the product of the step after it.
  let now: readonly (Value | undefined)[] = masks
    ? last
    : last.map((value, k) => (k === 0 ? sum(value, incoming?.[order[0]!]) : value));
  for (const [i, t] of order.entries()) {
    const next = order[i + 1];
    const further = next !== undefined || toStart;
    const [step, before] = [run.steps[t]!, run.before[t]!];
    const mask = masks?.[t];
    let inside = now;
    let plus = next === undefined ? undefined : incoming?.[next];
    let beside: readonly (Value | undefined)[] = [];
    if (mask) {
      inside = now.map((value, k) => {
        const whole = k === 0 ? sum(value, incoming?.[t]) : value;
        return whole && ops.mul(mask, whole);
      });
      beside = now.map((value) => value && lessProduct(value, value, mask, ops));
      plus = beside[0];
    }
    const first = inside[0] ?? ops.zerosLike(step.states[0]!);
    const pre = run.cell.back(step, before, [first, ...inside.slice(1)], plus, further);
    byInput[t] = pre.byInput;
    byState[t] = pre.byState;
    now = pre.states.map((value, k) => (k > 0 ? sum(value, beside[k]) : value));
  }
  const wide = (parts: readonly Value[]): Value => joined(parts, 1);
  const gathered = wide(byInput);
  const same = byInput.every((value, t) => value === byState[t]);
  return { byInput: gathered, byState: same ? gathered : wide(byState), initial: now };
}

/** The products over all steps. */
function ofWeights(
  layer: RecurrentLayer,
  run: Run,
  { byInput, byState }: Swept,
  wanted: Wanted,
  ops: StepOps,
): Pick<LayerGradients, "x" | "w" | "r" | "bias"> {
  const x = wanted.x
    ? ops.reshapeLike(ops.gemm(byInput, run.weights.w, undefined, { transA: true }), layer.x)
    : undefined;
  if (!wanted.weights) return { x, w: undefined, r: undefined, bias: undefined };
  const wide = (parts: readonly Value[]): Value => joined(parts, 1);
  const times = (a: Value, b: Value): Value => ops.gemm(a, b, undefined, { transB: true });
  const column = (value: Value): Value => ops.squeeze(value, [1]);
  const right = wide(run.steps.map((step) => step.right));
  const own = [layer.w.shape[2] as number, ...(layer.bias ? [1] : [])];
  if (layer.kind !== "gru") {
    const [w, ...more] = ops.split(times(byInput, right), 1, [...own, layer.hidden]);
    const bias = layer.bias && column(more[0]!);
    return { x, w, r: more.at(-1)!, bias: bias && ops.concat([bias, bias], 0) };
  }
  const rows = own.reduce((a, b) => a + b);
  const [inputs, states] = ops.split(right, 0, [rows, layer.hidden]) as [Value, Value];
  const whole = times(byInput, inputs);
  const [w, ofInput] = layer.bias ? ops.split(whole, 1, own) : [whole];
  let r = layer.linearBeforeReset ? times(byState, states) : undefined;
  if (!r) {
    const [gates, fresh] = ops.split(byState, 0, [2 * layer.hidden, layer.hidden]) as [Value, Value];
    const products = wide(run.steps.map((step) => step.saved["q"]!));
    r = ops.concat([times(gates, states), times(fresh, products)], 0);
  }
  const first = ofInput && column(ofInput);
  const second = layer.linearBeforeReset ? ops.reduceSum(byState, { axes: [1] }) : first!;
  return { x, w, r, bias: first && ops.concat([first, second], 0) };
}
