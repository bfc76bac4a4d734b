/** Dropout: a share of the elements set to 0 while training, the rest scaled up so that the mean stays. */
import { MillwrightError } from "../../core/index.ts";
import { apply, applyAll, defineOp, noGradient, requireDtype, shapeError } from "../definition.ts";
import { scalar, tensorOf } from "../value.ts";
import type { OpDefinition, Value } from "../types.ts";

const defaultRatio = 0.5;

const dropoutOp = defineOp({
  name: "dropout",
  type: "Dropout",
  inputs: [1, 3],
  outputs: [1, 2],
  attributes: { seed: "int" },
  random: true,
  infer(call) {
    const x = requireDtype(call, 0, "float");
    if (call.inputs[1]) requireDtype(call, 1, "float");
    if (call.inputs[2]) requireDtype(call, 2, ["bool"]);
    for (const each of call.inputs.slice(1)) {
      if (each && each.shape.length > 0) throw shapeError(call, "takes scalars beside x.", "Give rank 0.");
    }
    return [
      { dtype: x.dtype, shape: x.shape },
      { dtype: "bool", shape: x.shape },
    ];
  },
  /** The gradient passes where the element did, with the same scale. */
  gradient({ inputs, outputs, gradient: g }, ops) {
    const [, ratio, training] = inputs;
    const fixed = training && tensorOf(training);
    if (!training || fixed?.data[0] === 0) return [g];
    const mask = outputs[1];
    if (!mask) {
      throw noGradient(
        "dropout",
        "in training without the output that says which elements it kept",
        "Give the node its second output, the mask; or make it an inference graph.",
      );
    }
    const share = ops.sub(1, ratio ? ops.cast(ratio, g.dtype) : scalar(g.dtype, defaultRatio));
    // Outside training nothing is scaled, and the mask is all true.
    const kept = fixed ? share : ops.where(training, share, scalar(g.dtype, 1));
    return [ops.mul(g, ops.div(ops.cast(mask, g.dtype), kept))];
  },
});

export interface DropoutOptions {
  /** Chance of an element to be dropped: 0 ≤ ratio < 1, a number or a scalar. Default 0.5. */
  readonly ratio?: number | Value;
  /** Drops when true; a bool scalar where only the run tells. Default false: x passes as it is. */
  readonly training?: boolean | Value;
  /** The same seed gives the same draws, run after run from the start of a session. Drawn by the runtime when absent. */
  readonly seed?: number;
}

/** Sets a random share of the elements to 0, and divides the others by 1 − ratio. */
export function dropout(x: Value, options: DropoutOptions = {}): Value {
  const { ratio = defaultRatio, training = false, seed } = options;
  if (typeof ratio === "number" && !(ratio >= 0 && ratio < 1)) {
    throw new MillwrightError("PARAMETER_RANGE", `dropout has the ratio ${ratio}.`, "Choose 0 ≤ ratio < 1.");
  }
  const share = typeof ratio === "number" ? scalar("float32", ratio) : ratio;
  if (training === false) return apply(dropoutOp, [x, share]);
  const flag = training === true ? scalar("bool", true) : training;
  return applyAll(dropoutOp, [x, share, flag], { seed }, 2)[0]!;
}

export const dropoutOps: readonly OpDefinition[] = [dropoutOp];
