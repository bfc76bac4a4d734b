import { expect, test } from "vitest";
import { versusOf } from "./versus.ts";

const words = {
  ahead: (amount: string) => `net is ${amount} better`,
  little: (amount: string) => `net is only ${amount} ahead`,
  behind: (amount: string) => `net is ${amount} behind`,
};
const net = { name: "net", seconds: 12 };
const forest = { name: "forest", seconds: 1 };

test.each([
  ["clearly ahead", 0.2, 0.1, 0.3, "The network pays: net is 0.200 ± 0.100 better, at 12 × the time."],
  [
    "ahead within the noise",
    0.2,
    -0.1,
    0.5,
    "Classical may be enough: net is only 0.200 ± 0.300 ahead, within the noise, at 12 × the time.",
  ],
  ["equal", 0, -0.1, 0.1, "Classical is enough: net is no better than forest (± 0.100), at 12 × the time."],
  ["behind", -0.2, -0.3, -0.1, "Classical is enough: net is 0.200 ± 0.100 behind, at 12 × the time."],
  [
    "ahead where no interval is defined",
    0.2,
    Number.NaN,
    Number.NaN,
    "Classical may be enough: net is only 0.200 ahead, within the noise, at 12 × the time.",
  ],
])("a network that is %s", (_, gain, low, high, sentence) => {
  expect(versusOf(net, forest, { gain, low, high }, words)).toEqual({
    ...{ network: "net", classical: "forest", gain, low, high },
    timeRatio: 12,
    sentence,
  });
});

test("a network that is as fast, in digits of the metric's own", () => {
  const { timeRatio, sentence } = versusOf(
    forest,
    net,
    { gain: 1234.5, low: 1200, high: 1269 },
    {
      ...words,
      digits: (gain, half) => [gain.toPrecision(3), half.toPrecision(2)],
    },
  );
  expect(timeRatio).toBeCloseTo(1 / 12, 12);
  expect(sentence).toBe("The network pays: net is 1.23e+3 ± 35 better, at no more time.");
});
