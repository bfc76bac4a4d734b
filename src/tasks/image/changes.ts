/** How pictures are changed while a network learns them: recipes of `nn.augment`, by short names. */
import { type Augment, augment, augmentation, inPlace, type Step } from "../../nn/index.ts";
import type { PictureSize } from "./read-pictures.ts";

export const changeNames = ["flip", "move", "light", "erase"] as const;
export type ChangeName = (typeof changeNames)[number];

const steps: Readonly<Record<ChangeName, Step>> = {
  flip: augment.flip(),
  move: augment.randomAffine({ degrees: 10, shift: 0.08, minZoom: 0.9, maxZoom: 1.25 }),
  light: augment.colourJitter({ brightness: 0.1, contrast: 0.2, saturation: 0.3 }),
  erase: augment.randomErasing({ probability: 0.25, maxArea: 0.2 }),
};

/** The named changes one after the other, in their own order. */
export function changesOf({ height, width, channels }: PictureSize, names: readonly ChangeName[]): Augment {
  const recipe = changeNames.filter((name) => names.includes(name)).map((name) => steps[name]);
  return inPlace(augmentation(recipe), [height, width, channels]);
}
