/**
 * Files written for one fixed number of rows, made to take any.
 *
 * The batch is followed from the inputs through the graph: on which axis of each value it lies. Sizes that
 * hold it (shapes of Reshape and Expand) are opened on the way. An op is passed only where its rule shows
 * that no row sees another; at the first one that is not, the file stays as it was and the reason is
 * reported. So a file that is changed answers each row as before.
 */
import {
  type AnyValue,
  concat,
  expand,
  type Graph,
  input,
  inputName,
  int64s,
  isKnown,
  type Node,
  renew,
  rewrite,
  shapeOf,
  tensorOf,
  type Value,
} from "../../graph/index.ts";

/** What became of a fixed number of rows. */
export interface FixedBatch {
  readonly rows: number;
  /** Why it stays; undefined where the file takes any number now. */
  readonly reason: string | undefined;
}

/** Where the rows lie: an axis has `outer` × rows × `each` entries. */
interface Place {
  readonly axis: number;
  readonly outer: number;
  readonly each: number;
}

const isSame = (a: Place, b: Place): boolean => a.axis === b.axis && a.outer === b.outer && a.each === b.each;

/** The first axis, and nothing else in it. */
const wholeAxis: Place = { axis: 0, outer: 1, each: 1 };

class Stays extends Error {}

/**
 * The graph for any number of rows, where its inputs fix the number and nothing forbids it.
 *
 * @param arithmetic - Gives the graph without what is computed from constants alone. Only a graph that
 *   hides its sizes in such arithmetic is changed to that.
 */
export function openBatch(
  from: Graph,
  arithmetic: (graph: Graph) => Graph,
): { graph: Graph; fixed: FixedBatch | undefined } {
  const sizes = from.inputs.map((value) => (isKnown(value) ? value.shape[0] : undefined));
  const rows = sizes[0];
  if (typeof rows !== "number" || sizes.some((size) => size !== rows))
    return { graph: from, fixed: undefined };
  let reason: string | undefined;
  for (const each of [(graph: Graph) => graph, arithmetic]) {
    try {
      return { graph: new Opening(rows).run(each(from)), fixed: { rows, reason: undefined } };
    } catch (error) {
      if (!(error instanceof Stays)) throw error;
      reason = error.message;
    }
  }
  return { graph: from, fixed: { rows, reason } };
}

class Opening {
  readonly #rows: number;
  readonly #places = new Map<AnyValue, Place>();

  constructor(rows: number) {
    this.#rows = rows;
  }

  run(from: Graph): Graph {
    const leaves = new Map<AnyValue, AnyValue>();
    for (const value of from.inputs as readonly Value[]) {
      const open = input(inputName(value), value.dtype, ["batch", ...value.shape.slice(1)]);
      leaves.set(value, open);
      this.#places.set(open, wholeAxis);
    }
    const opened = rewrite(from, leaves, (node, to) => this.#node(node, to));
    for (const [name, value] of opened.outputs) {
      const place = this.#places.get(value);
      if (!place || !isSame(place, wholeAxis))
        throw new Stays(`the output "${name}" does not have the batch as its first axis`);
    }
    return opened;
  }

  #node(node: Node, to: (value: AnyValue) => AnyValue): readonly AnyValue[] | undefined {
    const inputs = node.inputs.map((value) => value && to(value));
    const places = inputs.map((value) => value && this.#places.get(value));
    if (places.every((place) => place === undefined)) return undefined;
    const known = [...node.inputs, ...node.outputs].every((value) => value === undefined || isKnown(value));
    const sized = [...node.inputs, ...node.outputs].every(
      (value) => value?.shape?.every((size) => typeof size === "number") !== false,
    );
    if (!sized) throw this.#stays(node, "has sizes that are not known");
    const rule = known && node.domain === "" && !node.captures ? ruleOf(node.type) : undefined;
    if (!rule) throw this.#stays(node, "is not known to keep rows apart");
    const call: Call = {
      node,
      inputs: inputs as (Value | undefined)[],
      before: node.inputs as (Value | undefined)[],
      y: node.outputs[0] as Value,
      places,
      rows: this.#rows,
    };
    const result = rule(call);
    if (typeof result === "string") throw this.#stays(node, result);
    const outputs =
      result.outputs ?? renew(node, (value, i) => result.inputs?.get(i ?? -1) ?? to(value)).outputs;
    if (result.place) for (const value of outputs) this.#places.set(value, result.place);
    return outputs;
  }

  #stays(node: Node, why: string): Stays {
    return new Stays(`the node "${node.label ?? node.type}" (${node.type}) ${why}`);
  }
}

interface Call {
  readonly node: Node;
  /** On the opened graph. */
  readonly inputs: readonly (Value | undefined)[];
  /** As the file has them: all sizes are numbers. */
  readonly before: readonly (Value | undefined)[];
  /** The first output as the file has it. */
  readonly y: Value;
  readonly places: readonly (Place | undefined)[];
  readonly rows: number;
}

/** Where the rows lie in the outputs, and inputs to change; or what forbids it. */
type Answer =
  | {
      readonly place?: Place;
      readonly inputs?: ReadonlyMap<number, Value>;
      readonly outputs?: readonly Value[];
    }
  | string;
type Rule = (call: Call) => Answer;

const mixes = "works along the batch";

/** Ops that see each element alone, or several at the same place. */
const elementwise = new Set(
  (
    "Abs Acos Acosh Add And Asin Asinh Atan Atanh Cast Ceil Celu Clip Cos Cosh Div Dropout Elu Equal Erf Exp Floor " +
    "Gelu Greater GreaterOrEqual HardSigmoid HardSwish Identity IsInf IsNaN LeakyRelu Less LessOrEqual Log Max Mean " +
    "Min Mish Mod Mul Neg Not Or PRelu Pow Reciprocal Relu Round Selu Sigmoid Sign Sin Sinh Softplus Softsign Sqrt " +
    "Sub Sum Tan Tanh ThresholdedRelu Where Xor"
  ).split(" "),
);

/** Ops over [batch, channels, …] whose other inputs are weights. */
const alongFirst = new Set(
  (
    "Conv ConvTranspose MaxPool AveragePool LpPool GlobalAveragePool GlobalMaxPool BatchNormalization " +
    "InstanceNormalization GroupNormalization LRN DepthToSpace SpaceToDepth"
  ).split(" "),
);

const reductions = /^(Reduce|ArgM)/;

function ruleOf(type: string): Rule | undefined {
  if (elementwise.has(type)) return broadcast;
  if (alongFirst.has(type))
    return ({ places: [x, ...others] }) =>
      x?.axis === 0 && others.every((place) => !place) ? { place: x } : mixes;
  if (reductions.test(type)) return reduce;
  return rules[type];
}

const only = (places: Call["places"]): Place | undefined =>
  places.slice(1).every((place) => !place) ? places[0] : undefined;

const broadcast: Rule = ({ y, before, places }) => {
  const rank = y.shape.length;
  let found: Place | undefined;
  for (const [i, place] of places.entries()) {
    if (!place) continue;
    const here = { ...place, axis: place.axis + rank - before[i]!.shape.length };
    if (found && !isSame(found, here)) return "brings rows of different axes together";
    found = here;
  }
  for (const [i, value] of before.entries()) {
    if (!value || places[i]) continue;
    const size = value.shape[found!.axis - rank + value.shape.length];
    if (size !== undefined && size !== 1) return "has numbers of its own for each row";
  }
  return { place: found! };
};

/** A whole axis of an attribute or its default, from 0 on. */
function axisOf(node: Node, rank: number, otherwise: number): number {
  const axis = node.attributes.int("axis", otherwise);
  return axis < 0 ? axis + rank : axis;
}

function integers(value: AnyValue | undefined): number[] | undefined {
  const tensor = value && tensorOf(value);
  return tensor?.dtype === "int64" || tensor?.dtype === "int32"
    ? Array.from(tensor.data as ArrayLike<number | bigint>, Number)
    : undefined;
}

const reduce: Rule = ({ node, before: [x, list], places }) => {
  const place = only(places);
  if (!place) return mixes;
  const rank = x!.shape.length;
  const given = node.type.startsWith("Arg")
    ? [node.attributes.int("axis", 0)]
    : list
      ? integers(list)
      : (node.attributes.ints("axes") ??
        (node.attributes.int("noop_with_empty_axes", 0) === 1 ? [] : undefined));
  const axes = given?.map((axis) => (axis < 0 ? axis + rank : axis));
  if (!axes || axes.includes(place.axis)) return mixes;
  const gone = node.attributes.int("keepdims", 1) === 1 ? 0 : axes.filter((axis) => axis < place.axis).length;
  return { place: { ...place, axis: place.axis - gone } };
};

/**
 * The elements before those of a row, and those of a row, stay as many as they were; so the rows lie behind the same
 * number of entries. Where two axes meet there, both are right, and what follows decides.
 */
const reshape: Rule = ({ node, before: [x], y, places, rows }) => {
  const place = only(places);
  if (!place) return mixes;
  const to = y.shape as readonly number[];
  if (to.includes(0)) return "has an axis of size 0";
  const outer = product((x!.shape as number[]).slice(0, place.axis)) * place.outer;
  const found = to.flatMap((size, axis): Place[] => {
    const inside = outer / product(to.slice(0, axis));
    const each = size / (inside * rows);
    return Number.isInteger(inside) && Number.isInteger(each) ? [{ axis, outer: inside, each }] : [];
  });
  // Best an axis of its own; else features, which the last axis holds, stay alone.
  const best =
    found.find(({ axis }) => to[axis] === rows) ??
    found.find(({ axis, outer: inside }) => inside === 1 && (axis < to.length - 1 || axis === 0)) ??
    found[0];
  if (!best) return "reshapes across rows";
  const sizes = int64s(to.map((size, axis) => (axis === best.axis ? -1 : size)));
  return { place: best, ...(node.type === "Reshape" ? { inputs: new Map([[1, sizes]]) } : {}) };
};

const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1);

/** An op along one axis, which must not be that of the rows. */
const along =
  (otherwise: number): Rule =>
  ({ node, before: [x], places }) => {
    const place = only(places);
    return place && axisOf(node, x!.shape.length, otherwise) !== place.axis ? { place } : mixes;
  };

/** A normalisation over the axes from one on. */
const fromAxis =
  (otherwise: number): Rule =>
  ({ node, before: [x], places }) => {
    const place = only(places);
    return place && axisOf(node, x!.shape.length, otherwise) > place.axis ? { place } : mixes;
  };

const rules: Readonly<Record<string, Rule>> = {
  Reshape: reshape,
  Flatten({ node, before: [x], places }) {
    const place = only(places);
    const axis = axisOf(node, x!.shape.length, 1);
    return place?.axis === 0 && axis > 0
      ? { place: { ...place, each: place.each * product((x!.shape as number[]).slice(1, axis)) } }
      : mixes;
  },
  Softmax: along(-1),
  LogSoftmax: along(-1),
  CumSum({ before: [x, list], places }) {
    const place = only(places);
    const axis = integers(list)?.[0];
    if (!place || axis === undefined) return mixes;
    return (axis < 0 ? axis + x!.shape.length : axis) === place.axis ? mixes : { place };
  },
  TopK: along(-1),
  Split: along(0),
  LpNormalization: along(-1),
  LayerNormalization: fromAxis(-1),
  RMSNormalization: fromAxis(-1),
  Transpose({ node, before: [x], places }) {
    const order = node.attributes.ints("perm") ?? x!.shape.map((_, i) => x!.shape.length - 1 - i);
    return { place: { ...places[0]!, axis: order.indexOf(places[0]!.axis) } };
  },
  Gemm({ node, before: [, , c], places: [a, b, addend] }) {
    if (!a || b || addend || a.axis !== 0 || node.attributes.int("transA", 0) === 1) return mixes;
    return (c?.shape.length ?? 0) < 2 || c!.shape[0] === 1
      ? { place: a }
      : "has numbers of its own for each row";
  },
  MatMul({ before: [a, b], y, places: [first, second] }) {
    const rank = y.shape.length;
    const ranks = [a!.shape.length, b!.shape.length];
    if (ranks[0]! < 2 || ranks[1]! < 2) return mixes;
    const one = first && { ...first, axis: first.axis + rank - ranks[0]! };
    const two = second && { ...second, axis: second.axis + rank - ranks[1]! };
    if (one && one.axis === rank - 1) return mixes;
    if (two && two.axis >= rank - 2) return two.axis === rank - 1 && !one ? { place: two } : mixes;
    if (one && two) return isSame(one, two) ? { place: one } : mixes;
    const place = (one ?? two)!;
    const other = one ? b! : a!;
    const size = place.axis < rank - 2 ? other.shape[place.axis - rank + other.shape.length] : 1;
    return size === undefined || size === 1 ? { place } : "has numbers of its own for each row";
  },
  Unsqueeze({ before: [, list], y, places }) {
    const place = only(places);
    const axes = integers(list)?.map((axis) => (axis < 0 ? axis + y.shape.length : axis));
    if (!place || !axes) return mixes;
    const left = y.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
    return { place: { ...place, axis: left[place.axis]! } };
  },
  Squeeze({ before: [x, list], places }) {
    const place = only(places);
    const rank = x!.shape.length;
    const axes = list
      ? integers(list)?.map((axis) => (axis < 0 ? axis + rank : axis))
      : x!.shape.flatMap((size, axis) => (size === 1 ? [axis] : []));
    if (!place || !axes) return mixes;
    if (axes.includes(place.axis)) return "takes the axis of the batch away";
    return {
      place: { ...place, axis: place.axis - axes.filter((axis) => axis < place.axis).length },
    };
  },
  Slice({ before: [x, starts, , list], places }) {
    const place = only(places);
    const rank = x!.shape.length;
    const axes = list ? integers(list) : integers(starts)?.map((_, i) => i);
    return place && axes && !axes.some((axis) => (axis < 0 ? axis + rank : axis) === place.axis)
      ? { place }
      : mixes;
  },
  Gather({ node, before: [x, index], places: [data, rows] }) {
    const axis = axisOf(node, x!.shape.length, 0);
    if (!data) return { place: { ...rows!, axis: axis + rows!.axis } };
    if (rows || data.axis === axis) return mixes;
    const shift = data.axis < axis ? 0 : index!.shape.length - 1;
    return { place: { ...data, axis: data.axis + shift } };
  },
  Pad({ before: [x, widths, , list], places }) {
    const place = only(places);
    const rank = x!.shape.length;
    const given = integers(widths);
    const axes = list
      ? integers(list)?.map((axis) => (axis < 0 ? axis + rank : axis))
      : x!.shape.map((_, i) => i);
    if (!place || !given || !axes) return mixes;
    const at = axes.indexOf(place.axis);
    return at < 0 || (given[at] === 0 && given[at + axes.length] === 0) ? { place } : mixes;
  },
  /** A size of 1 leaves an axis as it is, so it stands for any number of rows. */
  Expand({ before: [x, list], y, places }) {
    const place = only(places);
    const sizes = integers(list);
    if (!place || !sizes) return mixes;
    const axis = place.axis + y.shape.length - x!.shape.length;
    const opened = sizes.map((size, i) => (i === axis - y.shape.length + sizes.length ? 1 : size));
    return { place: { ...place, axis }, inputs: new Map([[1, int64s(opened)]]) };
  },
  /** Parts that every row shares (a class token) are repeated for each of them. */
  Concat({ node, inputs, before, y, places, rows }) {
    const place = places.find((each) => each)!;
    const axis = axisOf(node, y.shape.length, 0);
    if (axis === place.axis) return mixes;
    const changed = new Map<number, Value>();
    for (const [i, each] of places.entries()) {
      if (each && !isSame(each, place)) return "brings rows of different axes together";
      if (each) continue;
      if (rows !== 1 || place.outer !== 1 || place.each !== 1) return "has numbers of its own for each row";
      const leader = inputs[places.indexOf(place)]!;
      const sizes = (before[i]!.shape as readonly number[]).slice();
      const shape = concat(
        [
          int64s(sizes.slice(0, place.axis)),
          shapeOf(leader, place.axis, place.axis + 1),
          int64s(sizes.slice(place.axis + 1)),
        ].filter(({ shape: [length] }) => length !== 0),
        0,
      );
      changed.set(i, expand(inputs[i]!, shape));
    }
    return { place, inputs: changed };
  },
  /** As the file computes it: a row's answer must not change with the number of rows beside it. */
  Shape({ node, before: [x] }) {
    const end = node.attributes.has("end") ? node.attributes.int("end", 0) : undefined;
    const sizes = (x!.shape as readonly number[]).slice(node.attributes.int("start", 0), end);
    return { outputs: [int64s(sizes)] };
  },
};
