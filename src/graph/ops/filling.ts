/** Constant values in the shape of others, used by gradient rules and layers. */
import { joined, reshape, shapeOf } from "./shape.ts";
import { constantOfShape, range } from "./indexing.ts";
import { staticShape } from "../dims.ts";
import { constant, fillTensor, int64s, scalar } from "../value.ts";
import type { Value } from "../types.ts";

/** Zeros in the shape and dtype of a value. */
export function zerosLike(x: Value): Value {
  return filledLike(x, 0);
}
/** Ones in the shape and dtype of a value. */
export function onesLike(x: Value): Value {
  return filledLike(x, 1);
}

function filledLike(x: Value, fill: number): Value {
  const shape = staticShape(x.shape);
  if (shape?.length === 0) return scalar(x.dtype, fill);
  return constantOfShape(shape ?? shapeOf(x), scalar(x.dtype, fill));
}

/** Zeros in the shape of a value, except that one axis has the size given (int64 vector of one). */
export function zerosWith(x: Value, axis: number, size: Value): Value {
  const rank = x.shape.length;
  const parts = [
    ...(axis > 0 ? [shapeOf(x, 0, axis)] : []),
    size,
    ...(axis < rank - 1 ? [shapeOf(x, axis + 1)] : []),
  ];
  return constantOfShape(joined(parts, 0), scalar(x.dtype, 0));
}

/** 0, 1, 2 … along an axis: int64 vector of its size. */
export function positions(x: Value, axis: number): Value {
  const size = x.shape[axis]!;
  if (typeof size === "number" && size <= 4096) {
    return constant({
      dtype: "int64",
      shape: [size],
      data: fillTensor(
        "int64",
        Array.from({ length: size }, (_, i) => i),
      ),
    });
  }
  const limit = reshape(shapeOf(x, axis, axis + 1), int64s([]));
  return range(scalar("int64", 0), limit, scalar("int64", 1));
}
