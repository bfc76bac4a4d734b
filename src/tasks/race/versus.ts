/** The one sentence that a race ends with: whether the network is worth its time. */
import type { PairedComparison } from "../../evaluate/index.ts";
import type { Versus } from "./record.ts";

/** A fitted model of the race. */
interface Racer {
  readonly name: string;
  /** Of the fit. */
  readonly seconds: number;
}

/** What is said of a network, by how much it is better or worse: "0.031 ± 0.010". */
export interface VersusWords {
  /** "vit is 0.031 ± 0.010 more accurate than random forest". */
  readonly ahead: (amount: string) => string;
  /** Within the noise: "vit is only 0.004 ± 0.010 ahead of random forest". */
  readonly little: (amount: string) => string;
  readonly behind: (amount: string) => string;
  /** Neither ahead nor behind, with what is noise: " (± 0.010)". Default: no better than the classical model. */
  readonly level?: (noise: string) => string;
  /** The gain and half of its interval in words. Default: three digits behind the point. */
  readonly digits?: (gain: number, half: number) => readonly [gain: string, half: string];
}

const threeDigits = (gain: number, half: number) => [gain.toFixed(3), half.toFixed(3)] as const;

/** Two digits of the half, and the gain as far as they reach; three of the gain where there is no half. */
export function significantDigits(gain: number, half: number): readonly [gain: string, half: string] {
  if (!(half > 0)) return [String(Number(gain.toPrecision(3))), String(half)];
  const behind = 1 - Math.floor(Math.log10(half));
  const unit = 10 ** -behind;
  const rounded = (value: number): string =>
    behind > 0 ? value.toFixed(Math.min(100, behind)) : String(Math.round(value / unit) * unit);
  return [rounded(gain), rounded(half)];
}

/** @param paired - How much better the network is on the untouched rows. */
export function versusOf(
  network: Racer,
  classical: Racer,
  { gain, low, high }: Pick<PairedComparison, "gain" | "low" | "high">,
  {
    ahead,
    little,
    behind,
    level = (noise) => `${network.name} is no better than ${classical.name}${noise}`,
    digits = threeDigits,
  }: VersusWords,
): Versus {
  const timeRatio = network.seconds / Math.max(0.001, classical.seconds);
  const [by, half] = digits(Math.abs(gain), (high - low) / 2);
  // Where every resample has the same gain, no interval is defined.
  const amount = Number.isNaN(low) ? by : `${by} ± ${half}`;
  const times = timeRatio >= 1 ? `${Number(timeRatio.toPrecision(2))} × the time` : "no more time";
  const [none] = digits(0, (high - low) / 2);
  const noise = Number.isNaN(low) ? "" : ` (± ${half})`;
  const sentence =
    low > 0
      ? `The network pays: ${ahead(amount)}, at ${times}.`
      : gain > 0
        ? `Classical may be enough: ${little(amount)}, within the noise, at ${times}.`
        : `Classical is enough: ${by === none ? level(noise) : behind(amount)}, at ${times}.`;
  return { network: network.name, classical: classical.name, gain, low, high, timeRatio, sentence };
}
