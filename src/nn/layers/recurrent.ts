/**
 * Recurrent layers over [batch, steps, features].
 *
 * Sources: Hochreiter & Schmidhuber 1997 (LSTM); Cho et al. 2014 (GRU). Gates stand in ONNX's order: i, o, f, c and
 * z, r, h. The formulas are PyTorch's; the two biases are joined in one tensor, as the op has them.
 */
import * as ops from "../../graph/index.ts";
import type { Value } from "../../graph/index.ts";
import { uniform } from "../initialisers.ts";
import {
  fixedSize,
  type Layer,
  layer,
  requireCount,
  requireRank,
  requireShare,
  type Scope,
} from "../layer.ts";
import { dropout as dropoutLayer } from "./activation.ts";
import { sizesAfterBatch } from "./dense.ts";

export interface RecurrentOptions {
  /** Reads the sequence both ways and joins the answers: 2 × units features. Default false. */
  readonly bidirectional?: boolean;
  /** Layers on top of each other. Default 1. */
  readonly layers?: number;
  /** Share dropped out between layers in training. Default 0. */
  readonly dropout?: number;
  /** int32 [batch]: how many steps of each row count; the answers behind them are 0. */
  readonly lengths?: Value;
}

/**
 * Long short-term memory: [batch, steps, features] → [batch, steps, units × directions].
 *
 * Parameters, of each layer (its number in front where there are several): `weight` [directions, 4 × units, features],
 * `recurrent` [directions, 4 × units, units], `bias` [directions, 8 × units], uniform in ±1 / √units.
 */
export function lstm(units: number, options: RecurrentOptions = {}): Layer {
  return recurrent("lstm", 4, units, options, (x, w, r, more) => ops.lstm(x, w, r, more).y);
}

/** Gated recurrent unit; shapes and parameters as of `lstm`, with 3 gates. */
export function gru(units: number, options: RecurrentOptions = {}): Layer {
  return recurrent("gru", 3, units, options, (x, w, r, more) => ops.gru(x, w, r, more).y);
}

interface CellOptions {
  readonly bias: Value;
  readonly lengths?: Value;
  readonly direction: "forward" | "bidirectional";
}
type Cell = (x: Value, w: Value, r: Value, options: CellOptions) => Value;

function recurrent(kind: string, gates: number, units: number, options: RecurrentOptions, cell: Cell): Layer {
  const { bidirectional = false, layers = 1, dropout = 0, lengths } = options;
  requireCount(kind, "units", units);
  requireCount(kind, "layers", layers);
  requireShare(kind, "dropout", dropout);
  const directions = bidirectional ? 2 : 1;
  const one = (x: Value, scope: Scope): Value => {
    const initial = uniform(1 / Math.sqrt(units));
    const weight = scope.parameter(
      "weight",
      [directions, gates * units, fixedSize(x, 2, "features")],
      initial,
    );
    const state = scope.parameter("recurrent", [directions, gates * units, units], initial);
    const bias = scope.parameter("bias", [directions, 2 * gates * units], initial);
    const y = cell(x, weight, state, {
      bias,
      ...(lengths ? { lengths } : {}),
      direction: bidirectional ? "bidirectional" : "forward",
    });
    // [steps, directions, batch, units] → [steps, batch, directions × units]
    if (directions === 1) return ops.squeeze(y, [1]);
    const leading = sizesAfterBatch([y.shape[0]!, y.shape[2]!]) ?? [0, 0];
    return ops.reshape(ops.transpose(y, [0, 2, 1, 3]), [...leading, directions * units]);
  };
  return layer(kind, (x, scope) => {
    requireRank(x, [3], "[batch, steps, features]");
    let y = ops.transpose(x, [1, 0, 2]);
    for (let k = 0; k < layers; k++) {
      const own = layers === 1 ? scope : scope.child(String(k));
      y = one(k === 0 ? y : own.apply("dropout", dropoutLayer(dropout), y), own);
    }
    return ops.transpose(y, [1, 0, 2]);
  });
}
