export { addNoise, changeSpeed, gain, shiftTime } from "./samples.ts";
export { inTurn, type Range, sometimes } from "./sequence.ts";
export { maskFrequency, type MaskOptions, maskTime, tilt, warp, type WarpOptions } from "./spectrogram.ts";
