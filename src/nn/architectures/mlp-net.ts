/** Fully connected layers one after the other: what a convolution is held against. */
import { dropout as dropOut, flatten, relu } from "../layers/activation.ts";
import { sequential } from "../layers/compose.ts";
import { dense } from "../layers/dense.ts";
import { heNormal } from "../initialisers.ts";
import type { Initialiser, Layer } from "../layer.ts";

export interface MlpNetOptions {
  /** Units of each layer. Default [256, 128]. */
  readonly units?: readonly number[];
  /** Share of each layer's answers left out in training. Default 0.2. */
  readonly dropout?: number;
  /** Filling of the head's weight. Default He. */
  readonly headInitial?: Initialiser;
}

/** [batch, ..] → scores [batch, classes]. Parameters: `layers.<i>.dense.*`, `head.*`. */
export function mlpNet(
  classes: number,
  { units = [256, 128], dropout = 0.2, headInitial = heNormal }: MlpNetOptions = {},
): Layer {
  const hidden = units.map((count) =>
    sequential({ dense: dense(count), act: relu(), dropout: dropOut(dropout) }),
  );
  const head = dense(classes, { initial: headInitial });
  return sequential({ flatten: flatten(), layers: sequential(hidden), head });
}
