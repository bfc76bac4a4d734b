/** How pictures are changed while a network learns them. */
import { type Augment, erase, flip, inTurn, light, move, sometimes } from "../../nn/index.ts";
import type { PictureSize } from "./read-pictures.ts";

const makers: Readonly<Record<string, (size: PictureSize) => Augment>> = {
  flip: (size) => sometimes(0.5, flip(size)),
  move: (size) => move(size, { shift: 0.08, zoom: [0.9, 1.25], degrees: 10 }),
  light: (size) => light(size, { brightness: 0.1, contrast: [0.8, 1.25], colour: [0.7, 1.3] }),
  erase: (size) => sometimes(0.25, erase(size)),
};

export const changeNames = ["flip", "move", "light", "erase"] as const;
export type ChangeName = (typeof changeNames)[number];

/** The named changes one after the other, in their own order. */
export function augmentation(size: PictureSize, names: readonly ChangeName[]): Augment {
  return inTurn(...changeNames.filter((name) => names.includes(name)).map((name) => makers[name]!(size)));
}
