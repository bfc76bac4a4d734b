/** Every kind of step, by the name that it has in a recipe. */
export { changePitch } from "./change-pitch.ts";
export { colourJitter } from "./colour-jitter.ts";
export { randomCrop, randomResizedCrop } from "./crop.ts";
export { dropTokens } from "./drop-tokens.ts";
export { flip } from "./flip.ts";
export { randomErasing } from "./random-erasing.ts";
export { addNoise, changeSpeed, gain, shiftTime } from "./sound-steps.ts";
export { maskFrequency, maskTime, tiltSpectrogram, warpSpectrogram } from "./spectrogram-steps.ts";
export { randomAffine, rotate, zoom } from "./warp.ts";
