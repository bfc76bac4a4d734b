/** The plain reference of the split scan: every border, and every prefix of the sorted categories, by the formula. */

/** Sums per bin, the missing one last, and what regularises. */
export interface SplitProblem {
  readonly g: readonly number[];
  readonly h: readonly number[];
  readonly lambda: number;
  readonly minH: number;
}

/** Best gain over all borders, missing rows on either side. −Infinity if no border leaves enough on both sides. */
export function bestNumberGain({ g, h, lambda, minH }: SplitProblem): number {
  const bins = g.length - 1;
  let best = -Infinity;
  for (let border = 0; border < bins; border++) {
    for (const missingLeft of [false, true]) {
      const goes = g.map((_, bin) => (bin === bins ? missingLeft : bin <= border));
      best = Math.max(best, gainOf(goes, { g, h, lambda, minH }));
    }
  }
  return best;
}

/** Gain of sending these bins left. */
export function gainOf(goesLeft: readonly boolean[], { g, h, lambda, minH }: SplitProblem): number {
  let gL = 0;
  let hL = 0;
  let gR = 0;
  let hR = 0;
  goesLeft.forEach((left, bin) => {
    if (left) {
      gL += g[bin]!;
      hL += h[bin]!;
    } else {
      gR += g[bin]!;
      hR += h[bin]!;
    }
  });
  if (hL < minH || hR < minH) return -Infinity;
  return (gL * gL) / (hL + lambda) + (gR * gR) / (hR + lambda);
}

/** Best gain over prefixes, from both ends, of the categories sorted by g / (h + smooth), at most `most` long. */
export function bestCategoryGain(problem: SplitProblem, smooth: number, most: number): number {
  const { g, h } = problem;
  const filled = g.map((_, bin) => bin).filter((bin) => g[bin] !== 0 || h[bin] !== 0);
  const order = filled.sort((a, b) => g[a]! / (h[a]! + smooth) - g[b]! / (h[b]! + smooth) || a - b);
  let best = -Infinity;
  for (const side of [order, [...order].reverse()]) {
    for (let length = 1; length <= Math.min(most, side.length); length++) {
      const left = new Set(side.slice(0, length));
      best = Math.max(
        best,
        gainOf(
          g.map((_, bin) => left.has(bin)),
          problem,
        ),
      );
    }
  }
  return best;
}
