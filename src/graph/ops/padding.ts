/**
 * Padding: more places around a value, filled with a constant or with elements of its own.
 *
 * What repeats elements is linear along each dimension: where the sizes are known, its gradient is a
 * product with a matrix, which is far faster than scattering.
 */
import { apply, defineOp, noGradient, requireDtype, shapeError } from "../definition.ts";
import { normalAxis, sumDim, unknownDim } from "../dims.ts";
import { integersIn, sizesIn } from "../shape-data.ts";
import { int64s, vector } from "../value.ts";
import { type AxisMatrix, mostWeights, transposedAlong } from "./axis-matrix.ts";
import { scatterAlong } from "./indexing.ts";
import type { Dim, OpDefinition, Ops, PadOptions, Sizes, Value } from "../types.ts";

const padOp = defineOp({
  name: "pad",
  type: "Pad",
  inputs: [2, 4],
  attributes: { mode: "string" },
  infer(call) {
    const x = call.inputs[0]!;
    requireDtype(call, 1, ["int64"]);
    const rank = x.shape.length;
    const pads = sizesIn(call.inputs[1]);
    const axes = call.inputs[3] ? integersIn(call.inputs[3]) : Array.from({ length: rank }, (_, i) => i);
    if (!pads || !axes) return [{ dtype: x.dtype, shape: x.shape.map((): Dim => unknownDim) }];
    if (pads.length !== 2 * axes.length) {
      throw shapeError(
        call,
        `has ${pads.length} widths for ${axes.length} axes.`,
        "Give all beginnings, then all ends.",
      );
    }
    const shape = [...x.shape];
    axes.forEach((each, i) => {
      const axis = normalAxis(call.name, each, rank);
      const both = [pads[i]!, pads[i + axes.length]!];
      const negative = both.some((width) => typeof width === "number" && width < 0);
      const whole = typeof shape[axis] === "number";
      shape[axis] = negative && !whole ? unknownDim : sumDim([shape[axis]!, ...both]);
    });
    return [{ dtype: x.dtype, shape }];
  },
  gradient({ inputs, attributes, gradient: g, needed }, ops) {
    const [x, pads, value, axes] = inputs as [Value, Value, Value?, Value?];
    const rank = x.shape.length;
    const list = axes ? integersIn(axes) : Array.from({ length: rank }, (_, i) => i);
    if (!list) throw noGradient("pad", "along axes that are only known when the graph runs");
    const width = (i: number): Value => ops.slice(pads, [i], [i + 1], [0]);
    const mode = attributes.string("mode", "constant");
    const widths = integersIn(pads);
    let result = g;
    list.forEach((each, i) => {
      const axis = normalAxis("pad", each, rank);
      const size = x.shape[axis]!;
      const [before, after] = [widths?.[i] ?? 0, widths?.[i + list.length] ?? 0];
      if (widths && before === 0 && after === 0) return;
      const length = typeof size === "number" ? before + size + after : Infinity;
      if (mode !== "constant" && typeof size === "number" && widths && length <= mostWeights) {
        const matrix = padMatrix(mode, size, before, after);
        result = transposedAlong(result, x, axis, matrix, ops);
      } else if (mode === "constant") {
        const begin = width(i);
        const end = ops.add(begin, ops.shapeOf(x, axis, axis + 1));
        result = sliceOrPad(result, begin, end, axis, x, ops);
      } else {
        // Where each padded element came from: the same padding of 0, 1, 2 …
        const source = apply(
          padOp,
          [ops.positions(x, axis), ops.concat([width(i), width(i + list.length)], 0)],
          { mode },
        );
        result = scatterAlong(result, source, axis, x, ops);
      }
    });
    const byValue = value && needed[2] ? ops.sub(ops.reduceSum(g), ops.reduceSum(result)) : undefined;
    return [needed[0] ? result : undefined, undefined, byValue && ops.reshapeLike(byValue, value!)];
  },
});

/** Which element each padded place repeats. */
function padMatrix(mode: string, size: number, begin: number, end: number): AxisMatrix {
  const around = (place: number, period: number): number => ((place % period) + period) % period;
  const source = (place: number): number => {
    if (mode === "edge") return Math.min(size - 1, Math.max(0, place));
    if (mode === "wrap") return around(place, size);
    const at = around(place, Math.max(1, 2 * (size - 1)));
    return at < size ? at : 2 * (size - 1) - at;
  };
  return Array.from({ length: begin + size + end }, (_, i) => new Map([[source(i - begin), 1]]));
}

/** Rows begin … end along an axis, with zeros where a negative width had cut elements away. */
function sliceOrPad(g: Value, begin: Value, end: Value, axis: number, like: Value, ops: Ops): Value {
  const [from, to] = [integersIn(begin)?.[0], integersIn(end)?.[0]];
  const size = g.shape[axis]!;
  const inside = from !== undefined && from >= 0;
  if (inside && to !== undefined && typeof size === "number" && to <= size)
    return ops.slice(g, [from], [to], [axis]);
  // Padding by −begin and (length − width − begin), both known when the graph runs, cuts and extends alike.
  const length = ops.shapeOf(like, axis, axis + 1);
  const after = ops.sub(ops.add(length, begin), ops.shapeOf(g, axis, axis + 1));
  return apply(padOp, [g, ops.concat([ops.neg(begin), after], 0), undefined, int64s([axis])], {
    mode: "constant",
  });
}

/**
 * Widens each dimension.
 *
 * @param widths - All beginnings, then all ends; negative ones cut.
 */
export function pad(x: Value, widths: Sizes, options: PadOptions = {}): Value {
  return apply(padOp, [x, vector(widths), options.value], { mode: options.mode });
}

export const paddingOps: readonly OpDefinition[] = [padOp];
