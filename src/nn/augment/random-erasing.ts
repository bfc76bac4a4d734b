/** A rectangle of an image replaced by noise or by one level. Source: Zhong et al. 2020, "Random erasing data augmentation". */
import { defineStep, levelOf, pixelOf, probability, type SampleData, uniform } from "./step.ts";

/** Replaces a rectangle in half of the images; ten tries find one that fits, else the image stays. */
export const randomErasing = defineStep({
  kind: "randomErasing",
  medium: "image",
  parameters: {
    probability: probability(0.5),
    minArea: { type: "number", default: 0.02, min: 0.0001, max: 1, meaning: "least share of the area" },
    maxArea: { type: "number", default: 0.33, min: 0.0001, max: 1, meaning: "greatest share of the area" },
    minRatio: { type: "number", default: 0.3, min: 0.05, max: 20, meaning: "least width to height" },
    maxRatio: { type: "number", default: 3.3, min: 0.05, max: 20, meaning: "greatest width to height" },
    with: { type: "choice", default: "noise", choices: ["noise", "level"], meaning: "what takes the place" },
    level: { type: "number", default: 0.5, min: 0, max: 1, meaning: "the level, from black to white" },
  },
  ordered: [
    ["minArea", "maxArea"],
    ["minRatio", "maxRatio"],
  ],
  apply(sample, settings, random) {
    if (random.next() >= settings.probability) return sample;
    const [height, width, channels] = sample.shape as [number, number, number];
    for (let tries = 0; tries < 10; tries++) {
      const area = height * width * uniform(random, settings.minArea, settings.maxArea);
      const ratio = Math.exp(uniform(random, Math.log(settings.minRatio), Math.log(settings.maxRatio)));
      const [across, down] = [Math.round(Math.sqrt(area * ratio)), Math.round(Math.sqrt(area / ratio))];
      if (across < 1 || down < 1 || across > width || down > height) continue;
      const top = random.integer(height - down + 1);
      const left = random.integer(width - across + 1);
      const data: SampleData = sample.data.slice();
      for (let y = top; y < top + down; y++) {
        const start = (y * width + left) * channels;
        for (let i = start; i < start + across * channels; i++) {
          data[i] =
            settings.with === "level"
              ? levelOf(data, settings.level)
              : pixelOf(data, data instanceof Uint8Array ? random.integer(256) : random.next());
        }
      }
      return { data, shape: sample.shape };
    }
    return sample;
  },
});
