/** Layers made of layers. */
import { add, concat } from "../../graph/index.ts";
import { MillwrightError } from "../../core/index.ts";
import { type Layer, layer } from "../layer.ts";

/**
 * One layer after the other.
 *
 * @param parts - A list, whose places are the names ("0", "1", …), or an object, whose keys are.
 */
export function sequential(parts: readonly Layer[] | Readonly<Record<string, Layer>>): Layer {
  const named = Object.entries(parts) as [string, Layer][];
  return layer("sequential", (x, scope) => named.reduce((y, [name, part]) => scope.apply(name, part, y), x));
}

/** The branch's answer added to the input, or to what `shortcut` makes of it where their shapes differ. */
export function residual(branch: Layer, shortcut?: Layer): Layer {
  return layer("residual", (x, scope) => {
    const y = scope.apply("branch", branch, x);
    const kept = shortcut ? scope.apply("shortcut", shortcut, x) : x;
    if (kept.shape.join() !== y.shape.join()) {
      throw new MillwrightError(
        "SHAPE_MISMATCH",
        `the branch gives [${y.shape.join(", ")}], and the shortcut [${kept.shape.join(", ")}].`,
        "Give a shortcut layer that makes both shapes equal.",
      );
    }
    return add(y, kept);
  });
}

/** Several layers on the same input, their answers joined along an axis (1: channels or features). */
export function branches(
  parts: readonly Layer[] | Readonly<Record<string, Layer>>,
  { axis = 1 }: { readonly axis?: number } = {},
): Layer {
  const named = Object.entries(parts) as [string, Layer][];
  return layer("branches", (x, scope) =>
    concat(
      named.map(([name, part]) => scope.apply(name, part, x)),
      axis,
    ),
  );
}
