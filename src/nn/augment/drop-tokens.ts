/** Tokens of a text replaced by the unknown one, or left out. Source: Iyyer et al. 2015, word dropout. */
import { defineStep } from "./step.ts";

/** Drops tokens at random, never padding, and never the only one. */
export const dropTokens = defineStep({
  kind: "dropTokens",
  medium: "tokens",
  parameters: {
    probability: {
      type: "number",
      default: 0.1,
      min: 0,
      max: 1,
      meaning: "share of tokens that are dropped",
    },
    how: {
      type: "choice",
      default: "replace",
      choices: ["replace", "remove"],
      meaning: "put the unknown token in its place, or close up and pad the end",
    },
    unknown: { type: "integer", default: 1, min: -1, max: 2 ** 31 - 1, meaning: "the unknown token" },
    padding: { type: "integer", default: 0, min: -1, max: 2 ** 31 - 1, meaning: "the token that pads" },
  },
  apply({ data, shape }, { probability, how, unknown, padding }, random) {
    const isWord = Array.from(data, (token) => token !== padding);
    const dropped = isWord.map((word) => word && random.next() < probability);
    const words = [...isWord.keys()].filter((i) => isWord[i]);
    if (words.length > 0 && words.every((i) => dropped[i]))
      dropped[words[random.integer(words.length)]!] = false;
    const out = new Int32Array(data.length).fill(padding);
    let at = 0;
    for (const [i, token] of data.entries()) {
      if (how === "replace") out[i] = dropped[i] ? unknown : token;
      else if (!dropped[i]) out[at++] = token;
    }
    return { data: out, shape };
  },
});
