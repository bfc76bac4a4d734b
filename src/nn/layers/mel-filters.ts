/**
 * Mel filters: triangles over the frequencies of a spectrum, narrow where the ear tells pitches apart well.
 *
 * Scales: "slaney" is linear up to 1,000 Hz and logarithmic above (Slaney 1998, "Auditory Toolbox"), "htk" is
 * 2595 · log10(1 + f / 700) (Young et al., "The HTK Book"). Each triangle has area 1 over its width in Hz (Slaney's
 * normalisation), so that filters of noise answer alike. The same figures as `librosa.filters.mel`.
 */

export type MelScale = "slaney" | "htk";

const linearHz = 200 / 3;
const breakHz = 1000;
const breakMel = breakHz / linearHz;
const logStep = Math.log(6.4) / 27;

/** Hertz → mel. */
export function toMel(hz: number, scale: MelScale): number {
  if (scale === "htk") return 2595 * Math.log10(1 + hz / 700);
  return hz < breakHz ? hz / linearHz : breakMel + Math.log(hz / breakHz) / logStep;
}

/** Mel → hertz. */
export function fromMel(mel: number, scale: MelScale): number {
  if (scale === "htk") return 700 * (10 ** (mel / 2595) - 1);
  return mel < breakMel ? mel * linearHz : breakHz * Math.exp(logStep * (mel - breakMel));
}

export interface MelFilterOptions {
  /** Samples a second. */
  readonly rate: number;
  /** Samples of the transform: bins are 0 … length / 2. */
  readonly length: number;
  readonly mels: number;
  /** Hertz. */
  readonly low: number;
  readonly high: number;
  readonly scale: MelScale;
}

/** Weights of each bin in each filter. Shape [mels, length / 2 + 1], row-major. */
export function melFilters({ rate, length, mels, low, high, scale }: MelFilterOptions): Float64Array {
  const bins = Math.floor(length / 2) + 1;
  const [from, to] = [toMel(low, scale), toMel(high, scale)];
  const edges = Array.from({ length: mels + 2 }, (_, i) =>
    fromMel(from + ((to - from) * i) / (mels + 1), scale),
  );
  const weights = new Float64Array(mels * bins);
  for (let m = 0; m < mels; m++) {
    const [left, middle, right] = edges.slice(m, m + 3) as [number, number, number];
    for (let bin = 0; bin < bins; bin++) {
      const hz = (bin * rate) / length;
      const height = Math.min((hz - left) / (middle - left), (right - hz) / (right - middle));
      if (height > 0) weights[m * bins + bin] = (height * 2) / (right - left);
    }
  }
  return weights;
}
