/**
 * Names that flags of trainings on pictures and sounds take, where `--help` reads them without loading a task. The
 * compiler holds them to the tasks' own: none more, none less.
 */
import type { SoundChange, SoundNet } from "../tasks/audio/index.ts";
import type { ChangeName, NetName } from "../tasks/image/index.ts";

const namesOf = <T extends string>(names: Readonly<Record<T, true>>): readonly T[] =>
  Object.keys(names) as T[];

export const pictureNets = namesOf<NetName>({
  "small-cnn": true,
  "resnet-8": true,
  "resnet-14": true,
  "resnet-18": true,
  mobilenet: true,
  vit: true,
  mlp: true,
});

export const soundNets = namesOf<SoundNet>({ "ds-cnn": true, "bc-resnet": true, tcn: true });

export const pictureChanges = namesOf<ChangeName>({ flip: true, move: true, light: true, erase: true });

export const soundChanges = namesOf<SoundChange>({
  speed: true,
  noise: true,
  voice: true,
  microphone: true,
  mask: true,
});

/** "a, b or c". */
export function either(names: readonly string[]): string {
  return `${names.slice(0, -1).join(", ")} or ${names.at(-1)!}`;
}
