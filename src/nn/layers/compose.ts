/** Layers made of layers. */
import { add, concat } from "../../graph/index.ts";
import { MillwrightError } from "../../core/index.ts";
import { type Layer, layer, requireNoDots } from "../layer.ts";

type Parts = readonly Layer[] | Readonly<Record<string, Layer>>;

/** Layers with the names of their places. */
function namedParts(kind: string, parts: Parts): readonly (readonly [name: string, part: Layer])[] {
  const named = Object.entries(parts) as [string, Layer][];
  for (const [name] of named) {
    requireNoDots(kind, name);
    if (name !== "") continue;
    throw new MillwrightError(
      "PARAMETER_RANGE",
      `${kind} has a part with an empty name, whose weights would stand among those of the parts beside it.`,
      "Give each part a name, or a list of parts.",
    );
  }
  return named;
}

/**
 * One layer after the other.
 *
 * @param parts - A list, whose places are the names ("0", "1", …), or an object, whose keys are; neither empty nor with dots.
 * @throws MillwrightError `PARAMETER_RANGE` for such a key.
 */
export function sequential(parts: Parts): Layer {
  const named = namedParts("sequential", parts);
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

/**
 * Several layers on the same input, their answers joined along an axis (1: channels or features).
 *
 * @param parts - As in `sequential`.
 * @throws MillwrightError `PARAMETER_RANGE` as in `sequential`.
 */
export function branches(parts: Parts, { axis = 1 }: { readonly axis?: number } = {}): Layer {
  const named = namedParts("branches", parts);
  return layer("branches", (x, scope) =>
    concat(
      named.map(([name, part]) => scope.apply(name, part, x)),
      axis,
    ),
  );
}
