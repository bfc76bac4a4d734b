/**
 * Attention, positions and transformer blocks over [batch, positions, features].
 *
 * Source: Vaswani et al. 2017, "Attention is all you need". A mask is a value of the graph, so the
 * layers that take one are made inside the function of a network with several inputs.
 */
import * as ops from "../../graph/index.ts";
import type { Value } from "../../graph/index.ts";
import { MillwrightError } from "../../core/index.ts";
import { glorotUniform, normal, zeros } from "../initialisers.ts";
import {
  fixedSize,
  type Layer,
  layer,
  requireCount,
  requireRank,
  type Scope,
  requireShare,
} from "../layer.ts";
import { dropout, gelu, relu } from "./activation.ts";
import { sequential } from "./compose.ts";
import { dense, linear, sizesAfterBatch } from "./dense.ts";
import { layerNorm } from "./normalisation.ts";

export interface AttentionOptions {
  /** Parts of the features that attend by themselves; divides them. */
  readonly heads: number;
  /** Share of the attention that is left out in training. Default 0. */
  readonly dropout?: number;
  /** Each position sees itself and those before it only. Default false. */
  readonly causal?: boolean;
  /** True where a position may be looked at: bool [batch, positions]. */
  readonly mask?: Value;
  /** What is looked at, in place of the input itself: [batch, others, features]. */
  readonly memory?: Value;
}

/**
 * Multi-head attention: each position becomes a mix of what it looks at. [batch, positions, features], kept.
 *
 * Parameters: `qkv.weight` [3 × features, features] and `qkv.bias` (queries, keys, values), `out.weight`, `out.bias`.
 */
export function multiHeadAttention(options: AttentionOptions): Layer {
  const { heads, dropout: rate = 0, causal = false, mask, memory } = options;
  requireCount("multiHeadAttention", "heads", heads);
  requireShare("multiHeadAttention", "dropout", rate);
  return layer("multiHeadAttention", (x, scope) => {
    requireRank(x, [3], "[batch, positions, features]");
    const size = fixedSize(x, 2, "features");
    if (size % heads !== 0) {
      throw new MillwrightError(
        "SHAPE_MISMATCH",
        `has ${heads} heads, which do not divide ${size} features.`,
        "Choose a number of heads that divides the features.",
      );
    }
    const [queries, keys, values] = projections(x, memory, size, scope.child("qkv"));
    const split = (y: Value, order: readonly number[]): Value => {
      const leading = sizesAfterBatch(y.shape.slice(0, 2)) ?? [0, 0];
      return ops.transpose(ops.reshape(y, [...leading, heads, size / heads]), order);
    };
    const scaled = ops.mul(split(queries, [0, 2, 1, 3]), 1 / Math.sqrt(size / heads));
    let scores = ops.matMul(scaled, split(keys, [0, 2, 3, 1]));
    if (causal) scores = ops.where(seen(fixedSize(x, 1, "positions")), scores, -1e9);
    if (mask) scores = ops.where(ops.unsqueeze(mask, [1, 2]), scores, -1e9);
    const shares = scope.apply("dropout", dropout(rate), ops.softmax(scores, -1));
    const mixed = ops.transpose(ops.matMul(shares, split(values, [0, 2, 1, 3])), [0, 2, 1, 3]);
    const joined = ops.reshape(mixed, [...(sizesAfterBatch(x.shape.slice(0, 2)) ?? [0, 0]), size]);
    return scope.apply("out", dense(size, { initial: glorotUniform }), joined);
  });
}

function projections(x: Value, memory: Value | undefined, size: number, scope: Scope): [Value, Value, Value] {
  const weight = scope.parameter("weight", [3 * size, size], glorotUniform);
  const bias = scope.parameter("bias", [3 * size], zeros);
  if (!memory) return ops.split(linear(x, weight, bias), -1, 3) as [Value, Value, Value];
  const [wq, wk] = ops.split(weight, 0, [size, 2 * size]) as [Value, Value];
  const [bq, bk] = ops.split(bias, 0, [size, 2 * size]) as [Value, Value];
  const [keys, values] = ops.split(linear(memory, wk, bk), -1, 2) as [Value, Value];
  return [linear(x, wq, bq), keys, values];
}

/** Which position sees which: bool [positions, positions], true on and under the diagonal. */
function seen(positions: number): Value {
  const data = new Uint8Array(positions * positions);
  for (let i = 0; i < positions; i++) data.fill(1, i * positions, i * positions + i + 1);
  return ops.constant({ dtype: "bool", shape: [positions, positions], data });
}

/** Adds waves of falling frequency that tell positions apart. No parameters. */
export function sinusoidalPositions(): Layer {
  return layer("sinusoidalPositions", (x, scope) => {
    requireRank(x, [3], "[batch, positions, features]");
    const [positions, size] = [fixedSize(x, 1, "positions"), fixedSize(x, 2, "features")];
    const data = Float64Array.from({ length: positions * size }, (_, i) => {
      const angle = Math.floor(i / size) / 10_000 ** ((2 * Math.floor((i % size) / 2)) / size);
      return (i % size) % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
    });
    const wide = scope.dtype === "float64" ? data : Float32Array.from(data);
    return ops.add(x, ops.constant({ dtype: scope.dtype, shape: [1, positions, size], data: wide }));
  });
}

/** Adds a learnt vector for each position. Parameter: `weight` [positions, features]. */
export function learnedPositions(): Layer {
  return layer("learnedPositions", (x, scope) => {
    requireRank(x, [3], "[batch, positions, features]");
    const shape = [fixedSize(x, 1, "positions"), fixedSize(x, 2, "features")];
    return ops.add(x, scope.parameter("weight", shape, normal(0.02)));
  });
}

export interface TransformerOptions extends Omit<AttentionOptions, "memory"> {
  /** Units of the layer between. Default 4 × features. */
  readonly feedForward?: number;
  /** Normalises before each part in place of after the sum; trains deeper stacks. Default true. */
  readonly preNorm?: boolean;
  /** Default relu. */
  readonly activation?: "relu" | "gelu";
}

/**
 * Attention and two dense layers, each with its own residual path. [batch, positions, features], kept.
 *
 * Parameters: `attention.*`, `norm1.*`, `feed.0.*`, `feed.2.*`, `norm2.*`.
 */
export function transformerBlock(options: TransformerOptions): Layer {
  return layer("transformerBlock", (x, scope) => {
    const attended = sublayer("1", multiHeadAttentionPart("attention", options), x, scope, options);
    return sublayer("2", feedForwardPart(options), attended, scope, options);
  });
}

/**
 * The same with a look at `memory` in between: [batch, positions, features] beside [batch, others, features].
 * Causal by default.
 *
 * Parameters: as `transformerBlock`, and `cross.*`, `norm3.*`.
 */
export function transformerDecoderBlock(
  options: TransformerOptions & { readonly memory: Value; readonly memoryMask?: Value },
): Layer {
  const { memory, memoryMask, ...own } = options;
  return layer("transformerDecoderBlock", (x, scope) => {
    const attended = sublayer(
      "1",
      multiHeadAttentionPart("attention", { causal: true, ...own }),
      x,
      scope,
      options,
    );
    const { mask: _own, causal: _causal, ...rest } = own;
    const cross = { ...rest, memory, ...(memoryMask ? { mask: memoryMask } : {}) };
    const looked = sublayer("3", multiHeadAttentionPart("cross", cross), attended, scope, options);
    return sublayer("2", feedForwardPart(options), looked, scope, options);
  });
}

type Part = (x: Value, scope: Scope) => Value;

function multiHeadAttentionPart(name: string, options: AttentionOptions): Part {
  return (x, scope) => scope.apply(name, multiHeadAttention(options), x);
}

function feedForwardPart({ feedForward, activation = "relu" }: TransformerOptions): Part {
  return (x, scope) => {
    const size = fixedSize(x, 2, "features");
    const between = activation === "relu" ? relu() : gelu();
    return scope.apply("feed", sequential([dense(feedForward ?? 4 * size), between, dense(size)]), x);
  };
}

/** x + part(norm(x)), or norm(x + part(x)); what the part gives is dropped out on the way. */
function sublayer(
  number: string,
  part: Part,
  x: Value,
  scope: Scope,
  { preNorm = true, dropout: rate = 0 }: TransformerOptions,
): Value {
  const norm = (y: Value): Value => scope.apply(`norm${number}`, layerNorm(), y);
  const left = (y: Value): Value => scope.apply(`drop${number}`, dropout(rate), y);
  return preNorm ? ops.add(x, left(part(norm(x), scope))) : norm(ops.add(x, left(part(x, scope))));
}
