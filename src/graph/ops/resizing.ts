/**
 * Ops that trade places for others: resizes, and blocks of places for channels.
 *
 * A resize is linear and works along each dimension by itself, so its gradient is a product with the
 * transposed interpolation matrix of each dimension: the same rule for every mode.
 */
import { apply, defineOp, noGradient, shapeError } from "../definition.ts";
import { normalAxis, productDim, quotientDim, showShape, staticShape, unknownDim } from "../dims.ts";
import { sizesIn } from "../shape-data.ts";
import { constant, tensorOf } from "../value.ts";
import { mostWeights, transposedAlong } from "./axis-matrix.ts";
import { requireFloat32 } from "./elementwise.ts";
import { resizeMatrix, weightCount } from "./interpolation.ts";
import { perAxis } from "./window.ts";
import type {
  DepthToSpaceOptions,
  Dim,
  GradientCall,
  InferCall,
  OpDefinition,
  ResizeOptions,
  Value,
} from "../types.ts";

type ResizeCall = Pick<InferCall, "inputs" | "attributes">;

/** Elements of a constant float vector; none where the input is left out or empty, undefined where it is computed. */
function numbersIn(value: Value | undefined): readonly number[] | undefined {
  if (value === undefined || value.shape[0] === 0) return [];
  const tensor = tensorOf(value);
  return tensor && Array.from(tensor.data as ArrayLike<number>);
}

interface Resized {
  readonly axis: number;
  readonly made: Dim;
  /** Undefined where it is only known when the graph runs. */
  readonly scale: number | undefined;
}

/** The axes that a Resize names, with their new sizes. */
function resized({ inputs, attributes }: ResizeCall, name: string): Resized[] {
  const [x, , scales, sizes] = inputs as [Value, Value?, Value?, Value?];
  const rank = x.shape.length;
  const axes = (attributes.ints("axes") ?? x.shape.map((_, i) => i)).map((axis) =>
    normalAxis(name, axis, rank),
  );
  const factors = numbersIn(scales);
  const wanted = sizes && sizesIn(sizes);
  const given = sizes ? wanted : factors;
  if (given && given.length !== axes.length) {
    throw shapeError(
      { name },
      `has ${given.length} ${sizes ? "sizes" : "scales"} for ${axes.length} axes of ${showShape(x.shape)}.`,
      "Give one an axis.",
    );
  }
  const kept = sizes
    ? keptRatio(x, axes, wanted, attributes.string("keep_aspect_ratio_policy", "stretch"))
    : 0;
  return axes.map((axis, i): Resized => {
    const size = x.shape[axis]!;
    if (sizes) {
      if (kept === undefined) return { axis, made: unknownDim, scale: undefined };
      const made =
        kept > 0 && typeof size === "number" ? Math.round(kept * size) : (wanted?.[i] ?? unknownDim);
      const scale = typeof made === "number" && typeof size === "number" ? made / size : undefined;
      return { axis, made, scale: kept > 0 ? kept : scale };
    }
    const scale = factors?.[i];
    if (scale === undefined) return { axis, made: unknownDim, scale };
    // The operator text multiplies a cropped region in, ONNX Runtime does not: believe neither.
    if (crops({ attributes })) return { axis, made: unknownDim, scale };
    if (typeof size === "number") return { axis, made: Math.floor(Math.fround(size * scale)), scale };
    return { axis, made: Number.isInteger(scale) ? productDim([size, scale]) : unknownDim, scale };
  });
}

/** The one factor that keeps the ratio of the sides; 0 where each has its own, undefined where it is not known. */
function keptRatio(
  x: Value,
  axes: readonly number[],
  wanted: readonly Dim[] | undefined,
  policy: string,
): number | undefined {
  if (policy === "stretch") return 0;
  const to = wanted && staticShape(wanted);
  const from = staticShape(axes.map((axis) => x.shape[axis]!));
  if (!to || !from) return undefined;
  const ratios = to.map((size, i) => Math.fround(size / from[i]!));
  return policy === "not_larger" ? Math.min(...ratios) : Math.max(...ratios);
}

const resizeOp = defineOp({
  name: "resize",
  type: "Resize",
  inputs: [1, 4],
  attributes: {
    antialias: "int",
    axes: "ints",
    coordinate_transformation_mode: "string",
    cubic_coeff_a: "float",
    exclude_outside: "int",
    extrapolation_value: "float",
    keep_aspect_ratio_policy: "string",
    mode: "string",
    nearest_mode: "string",
  },
  infer(call) {
    const x = call.inputs[0]!;
    const shape = [...x.shape];
    for (const { axis, made } of resized(call, call.name)) shape[axis] = made;
    return [{ dtype: x.dtype, shape }];
  },
  gradient(call, ops) {
    const x = call.inputs[0]!;
    let back = call.gradient;
    const list = resized(call, "resize");
    const regions = numbersIn(call.inputs[1]);
    list.forEach(({ axis, made, scale }, i) => {
      const size = x.shape[axis]!;
      const crop = crops(call);
      // An axis that is not resized may have a name, as a batch has.
      if (scale === 1 && !crop) return;
      if (typeof size !== "number" || typeof made !== "number" || scale === undefined || (crop && !regions)) {
        throw noGradient(
          "resize",
          `of ${showShape(x.shape)} along axis ${axis}, by a factor or a size known only when it runs`,
          "Fix the sizes of its inputs, or stop training what lies before it.",
        );
      }
      if (weightCount(call.attributes, made, scale) > mostWeights) {
        throw noGradient(
          "resize",
          `from ${size} to ${made} by ${scale}, which takes more than ${mostWeights} weights`,
          "Resize by a smaller factor.",
        );
      }
      const region = crop ? ([regions![i]!, regions![i + list.length]!] as const) : ([0, 1] as const);
      const matrix = resizeMatrix(call.attributes, { size, made, scale, region });
      back = transposedAlong(back, x, axis, matrix, ops);
    });
    return [back];
  },
});

function crops({ attributes }: Pick<GradientCall, "attributes">): boolean {
  return attributes.string("coordinate_transformation_mode", "half_pixel") === "tf_crop_and_resize";
}

/** [batch, channel, height, width] and a block size. */
function blockOf(call: InferCall): number {
  const x = call.inputs[0]!;
  const block = call.attributes.int("blocksize", 0);
  if (x.shape.length === 4 && Number.isSafeInteger(block) && block >= 1) return block;
  throw shapeError(
    call,
    `takes [batch, channel, height, width] and blocks of at least 1, and has ${showShape(x.shape)} and ${block}.`,
    "Unsqueeze it, or choose another block size.",
  );
}

function divided(call: InferCall, size: Dim, by: number): Dim {
  if (typeof size === "number" && size % by !== 0) {
    throw shapeError(
      call,
      `cuts ${size} of ${showShape(call.inputs[0]!.shape)} into ${by}.`,
      "Choose sizes that the block divides.",
    );
  }
  return quotientDim(size, by);
}

const depthToSpaceOp = defineOp({
  name: "depthToSpace",
  type: "DepthToSpace",
  inputs: [1, 1],
  attributes: { blocksize: "int", mode: "string" },
  infer(call) {
    const block = blockOf(call);
    const [batch, depth, height, width] = call.inputs[0]!.shape as [Dim, Dim, Dim, Dim];
    const shape = [
      batch,
      divided(call, depth, block * block),
      productDim([height, block]),
      productDim([width, block]),
    ];
    return [{ dtype: call.inputs[0]!.dtype, shape }];
  },
  gradient({ inputs: [x], attributes, gradient: g }, ops) {
    const block = attributes.int("blocksize", 1);
    const back = ops.spaceToDepth(g, block);
    if (attributes.string("mode", "DCR") === "DCR") return [back];
    // [block², channel] is the order of one, [channel, block²] that of the other.
    const channels = g.shape[1]!;
    if (typeof channels !== "number") {
      throw noGradient(
        "depthToSpace",
        "of a number of channels known only when it runs",
        "Fix the number of channels.",
      );
    }
    const apart = ops.reshape(back, [0, block * block, channels, -1]);
    return [ops.reshapeLike(ops.transpose(apart, [0, 2, 1, 3]), x!)];
  },
});

const spaceToDepthOp = defineOp({
  name: "spaceToDepth",
  type: "SpaceToDepth",
  inputs: [1, 1],
  attributes: { blocksize: "int" },
  infer(call) {
    const block = blockOf(call);
    const [batch, depth, height, width] = call.inputs[0]!.shape as [Dim, Dim, Dim, Dim];
    const shape = [
      batch,
      productDim([depth, block * block]),
      divided(call, height, block),
      divided(call, width, block),
    ];
    return [{ dtype: call.inputs[0]!.dtype, shape }];
  },
  gradient: ({ attributes, gradient: g }, ops) => [ops.depthToSpace(g, attributes.int("blocksize", 1))],
});

/**
 * Pictures of any size as pictures of one size, stretched, smaller ones as means of what they cover. Those of the size
 * stay as they are, bit for bit.
 *
 * @param x - Bytes with the channels last: uint8 [batch, height, width, channels].
 */
export function resizePictures(x: Value, height: number, width: number): Value {
  if (x.dtype !== "uint8" || x.shape.length !== 4) {
    throw shapeError(
      { name: "resizePictures" },
      `takes uint8 [batch, height, width, channels], and has ${x.dtype} ${showShape(x.shape)}.`,
      "Cast and transpose it.",
    );
  }
  const sizes = constant({
    dtype: "int64",
    shape: [2],
    data: BigInt64Array.of(BigInt(height), BigInt(width)),
  });
  return apply(resizeOp, [x, undefined, undefined, sizes], {
    antialias: 1,
    axes: [1, 2],
    coordinate_transformation_mode: "half_pixel",
    mode: "linear",
  });
}

/**
 * Larger or smaller pictures (sequences, volumes) by the nearest, linear or cubic interpolation.
 *
 * @param x - [batch, channel, …size]. float32. A gradient needs sizes that are numbers.
 */
export function resize(x: Value, options: ResizeOptions): Value {
  const rank = x.shape.length - 2;
  const { scales, sizes, mode = "nearest" } = options;
  if ((scales === undefined) === (sizes === undefined)) {
    throw shapeError({ name: "resize" }, "takes either scales or sizes.", "Give one of them.");
  }
  const given = sizes?.length ?? (typeof scales === "number" ? rank : scales!.length);
  if (given !== rank) {
    throw shapeError(
      { name: "resize" },
      `has ${given} ${sizes ? "sizes" : "scales"} for the ${rank} spatial dimensions of ${showShape(x.shape)}.`,
      "Give one each.",
    );
  }
  const factors = perAxis(scales, rank);
  const attributes = {
    antialias: options.antialias ? 1 : undefined,
    axes: sizes && sizes.map((_, i) => i + 2),
    coordinate_transformation_mode: options.coordinates ?? (mode === "nearest" ? "asymmetric" : "half_pixel"),
    mode,
    nearest_mode: mode === "nearest" ? (options.rounding ?? "floor") : undefined,
  };
  const list = factors && Float32Array.of(1, 1, ...factors);
  return apply(
    resizeOp,
    [
      requireFloat32("resize", x),
      undefined,
      list && constant({ dtype: "float32", shape: [list.length], data: list }),
      sizes && constant({ dtype: "int64", shape: [sizes.length], data: BigInt64Array.from(sizes, BigInt) }),
    ],
    attributes,
  );
}

/**
 * Blocks of channels become blocks of places: [batch, channel, height, width] →
 * [batch, channel / block², height · block, width · block].
 */
export function depthToSpace(x: Value, block: number, options: DepthToSpaceOptions = {}): Value {
  return apply(depthToSpaceOp, [x], { blocksize: block, mode: options.mode });
}

/** Blocks of places become channels, the places of a block slowest: the inverse of `depthToSpace`. */
export function spaceToDepth(x: Value, block: number): Value {
  return apply(spaceToDepthOp, [x], { blocksize: block });
}

export const resizingOps: readonly OpDefinition[] = [resizeOp, depthToSpaceOp, spaceToDepthOp];
