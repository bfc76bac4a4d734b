import { expect, test } from "vitest";
import { significantDigits, versusOf } from "./versus.ts";

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
    { ...words, digits: significantDigits },
  );
  expect(timeRatio).toBeCloseTo(1 / 12, 12);
  expect(sentence).toBe("The network pays: net is 1235 ± 35 better, at no more time.");
});

test("a hundred times the time is said in digits", () => {
  const paired = { gain: -0.2, low: -0.3, high: -0.1 };
  expect(versusOf({ name: "net", seconds: 1234 }, forest, paired, words).sentence).toContain(
    "1200 × the time",
  );
});

test.each([
  [0.00412, 0.0062, "0.0041", "0.0062"],
  [5.12345, 0.0031, "5.1235", "0.0031"],
  [0.00001, 0.0031, "0.0000", "0.0031"],
  [12_345.6, 678.9, "12350", "680"],
  [4.4, 1.26, "4.4", "1.3"],
  [0.04321, 0, "0.0432", "0"],
  [0.04321, Number.NaN, "0.0432", "NaN"],
  [47_612, Number.NaN, "47600", "NaN"],
])("%d ± %d in the digits that count: %s ± %s", (gain, half, by, noise) => {
  expect(significantDigits(gain, half)).toEqual([by, noise]);
});

test("a gain that rounds to nothing is neither ahead nor behind", () => {
  const paired = { gain: -0.00001, low: -0.0031, high: 0.0031 };
  const level = (noise: string): string => `net is no better in RMSE${noise}`;
  const told = versusOf(net, forest, paired, { ...words, level, digits: significantDigits });
  expect(told.sentence).toBe("Classical is enough: net is no better in RMSE (± 0.0031), at 12 × the time.");
});
