/** How sounds are changed while a network learns them: recipes of `nn.augment`, by short names. */
import { type Augmentation, augment, augmentation, type Step } from "../../nn/index.ts";

export const soundChanges = ["speed", "noise", "voice", "microphone", "mask"] as const;
export type SoundChange = (typeof soundChanges)[number];

/** Each sound is learnt at several speeds: a tape's speed moves pitch and formants to those of other speakers. */
const speeds = [0.85, 1, 1.17] as const;
/** Share that a speed is drawn within. */
const spread = 0.03;

/** What becomes of the samples of each copy of the training sounds, before their spectrogram is made. */
export function copiesOf(names: readonly SoundChange[]): Augmentation[] {
  const noise = names.includes("noise") ? [augment.addNoise({ minSnr: 15, maxSnr: 40 })] : [];
  if (!names.includes("speed")) return [augmentation(noise)];
  return speeds.map((speed) => {
    const [min, max] = [speed * (1 - spread), speed * (1 + spread)];
    return augmentation([augment.changeSpeed({ min, max, keepLength: false }), ...noise]);
  });
}

const steps: Readonly<Partial<Record<SoundChange, readonly Step[]>>> = {
  voice: [augment.warpSpectrogram()],
  microphone: [augment.tiltSpectrogram()],
  mask: [
    augment.maskFrequency({ count: 1, with: "level" }),
    augment.maskTime({ count: 1, most: 12, with: "level" }),
  ],
};

/** What is changed anew in each epoch, in normalised spectrograms; undefined for nothing. */
export function spectrogramChanges(names: readonly SoundChange[]): Augmentation | undefined {
  const recipe = soundChanges.filter((name) => names.includes(name)).flatMap((name) => steps[name] ?? []);
  return recipe.length === 0 ? undefined : augmentation(recipe);
}
