// The best split of a leaf from its histograms.
//
// Sums are integers in quantised units; a gain is GL²/(HL+λ) + GR²/(HR+λ) − GP²/(HP+λ) with λ in units of h, and the
// caller rescales. Comparing products first spares the two divisions of most bins.
// Source: Chen & Guestrin 2016 (gain), Ke et al. 2017 (histograms, sorted categories by Fisher 1958).

/** Layout of the options (bytes): see split-layout.ts, which is the same table in TypeScript. */
const LAMBDA: usize = 0; // f64, in units of quantised h
const MIN_H: usize = 8; // f64, smallest sum of quantised h in a child
const ALPHA: usize = 16; // f64, L1 in units of quantised g
const CAT_SMOOTH: usize = 24; // f64, units of h
const CAT_LAMBDA: usize = 32; // f64, added to λ for sorted categories, units of h
const LOWER: usize = 40; // f64, bounds of the leaf's value in quantised units g / h
const UPPER: usize = 48; // f64
const CAT_MAX: usize = 56; // u32, most categories on the smaller side
const CAT_ONE_HOT: usize = 60; // u32, at most so many categories: try one against the rest
const CAT_MIN_H: usize = 64; // f64, smallest sum of quantised h of a category that may take part
const CAT_GROUP_H: usize = 80; // f64, smallest sum of quantised h of the categories that one border moves
const RANDOM: usize = 72; // u32, not 0: one random threshold a feature, seeded by it

/** Layout of a feature's description, 8 bytes: u16 bins without the missing one, u8 category, i8 monotone. */
const FEATURE_SIZE: usize = 8;

/** Layout of the answer. */
const GAIN: usize = 0; // f64, without the parent's term
const LEFT: usize = 8; // i64 packed sums going left
const FEATURE: usize = 16; // u32, all ones when no split exceeds the floor
const BIN: usize = 20; // u32, last bin going left (numbers)
const GOES_LEFT: usize = 32; // 256 bytes

// @ts-ignore: decorator
@inline
function gradientOf(packed: i64): f64 {
  return <f64>(<i32>(packed >> 32));
}
// @ts-ignore: decorator
@inline
function hessianOf(packed: i64): f64 {
  return <f64>(<u32>packed);
}

// @ts-ignore: decorator
@inline
function shrink(g: f64, alpha: f64): f64 {
  return g > alpha ? g - alpha : g < -alpha ? g + alpha : 0;
}

/** Gain of one side under L1 and value bounds: −(2 G w + (H + λ) w²) at the best allowed value w. */
function boundedGain(g: f64, h: f64, value: f64): f64 {
  return -(2 * g * value + h * value * value);
}

// @ts-ignore: decorator
@inline
function boundedValue(g: f64, h: f64, lower: f64, upper: f64): f64 {
  return min(upper, max(lower, -g / h));
}

/** The best numeric split so far of the feature at hand, kept in globals of the instance. */
let bestGain: f64 = 0;
let bestLeft: i64 = 0;
let bestBin: u32 = 0;
let bestMissingLeft: bool = false;

/** Plain path: no L1, no bounds. `start` holds the missing rows when they go left. */
function scanPlain(hist: usize, bins: u32, total: i64, start: i64, missingLeft: bool, options: usize): void {
  const lambda = load<f64>(options, LAMBDA);
  const minH = load<f64>(options, MIN_H);
  const gT = gradientOf(total);
  const hT = hessianOf(total);
  const end = hist + (<usize>bins << 3);
  let sum = start;
  for (let p = hist; p < end; p += 8) {
    const v = load<i64>(p);
    if (v == 0) continue;
    sum += v;
    const hL = hessianOf(sum);
    if (hL < minH) continue;
    const hR = hT - hL;
    if (hR < minH) break;
    const gL = gradientOf(sum);
    const gR = gT - gL;
    const a = hL + lambda;
    const b = hR + lambda;
    const top = gL * gL * b + gR * gR * a;
    const bottom = a * b;
    if (top < bestGain * bottom) continue;
    // The quotient decides, as it does among threads: of two features with the same sums the first one wins.
    const gain = top / bottom;
    if (gain > bestGain) {
      bestGain = gain;
      bestLeft = sum;
      bestBin = <u32>((p - hist) >> 3);
      bestMissingLeft = missingLeft;
    }
  }
}

/** The path with L1, bounds and direction. */
function scanBounded(
  hist: usize, bins: u32, total: i64, start: i64, missingLeft: bool, direction: i32, options: usize,
): void {
  const lambda = load<f64>(options, LAMBDA);
  const minH = load<f64>(options, MIN_H);
  const alpha = load<f64>(options, ALPHA);
  const lower = load<f64>(options, LOWER);
  const upper = load<f64>(options, UPPER);
  const gT = gradientOf(total);
  const hT = hessianOf(total);
  let sum = start;
  for (let bin: u32 = 0; bin < bins; bin++) {
    const v = load<i64>(hist + (<usize>bin << 3));
    if (v == 0) continue;
    sum += v;
    const hL = hessianOf(sum);
    if (hL < minH) continue;
    const hR = hT - hL;
    if (hR < minH) break;
    const gL = shrink(gradientOf(sum), alpha);
    const gR = shrink(gT - gradientOf(sum), alpha);
    const left = boundedValue(gL, hL + lambda, lower, upper);
    const right = boundedValue(gR, hR + lambda, lower, upper);
    if (direction > 0 ? left > right : direction < 0 ? left < right : false) continue;
    const gain = boundedGain(gL, hL + lambda, left) + boundedGain(gR, hR + lambda, right);
    if (gain > bestGain) {
      bestGain = gain;
      bestLeft = sum;
      bestBin = bin;
      bestMissingLeft = missingLeft;
    }
  }
}

/** One threshold between the first and the last filled bin, drawn from the seed (extremely randomised trees). */
function scanRandom(hist: usize, bins: u32, total: i64, missing: i64, feature: u32, options: usize): void {
  let first: u32 = 0;
  while (first < bins && load<i64>(hist + (<usize>first << 3)) == 0) first++;
  let last: u32 = bins;
  while (last > first && load<i64>(hist + (<usize>(last - 1) << 3)) == 0) last--;
  if (last - first < 2) return;
  let seed = load<u32>(options, RANDOM) ^ (feature * 0x9e3779b1);
  seed = (seed ^ (seed >>> 16)) * 0x85ebca6b;
  seed = (seed ^ (seed >>> 13)) * 0xc2b2ae35;
  seed = seed ^ (seed >>> 16);
  const threshold = first + <u32>((<u64>(last - 1 - first) * <u64>seed) >> 32);
  const missingLeft = (seed & 1) == 1;
  let sum: i64 = missingLeft ? missing : 0;
  for (let bin = first; bin <= threshold; bin++) sum += load<i64>(hist + (<usize>bin << 3));
  const minH = load<f64>(options, MIN_H);
  const lambda = load<f64>(options, LAMBDA);
  const hL = hessianOf(sum);
  const hR = hessianOf(total) - hL;
  if (hL < minH || hR < minH) return;
  const gL = gradientOf(sum);
  const gR = gradientOf(total) - gL;
  const gain = (gL * gL) / (hL + lambda) + (gR * gR) / (hR + lambda);
  if (gain > bestGain) {
    bestGain = gain;
    bestLeft = sum;
    bestBin = threshold;
    bestMissingLeft = missingLeft;
  }
}

/**
 * Tries sets of categories: each alone when they are few, otherwise prefixes of the order by G / (H + smooth), from
 * both ends. The bin after the last (missing and unseen codes) is a category like the others.
 *
 * @param scratch - 256 × 16 bytes: keys and bins being sorted.
 */
function scanCategories(
  hist: usize, bins: u32, total: i64, feature: u32, options: usize, scratch: usize, answer: usize,
): void {
  const minH = load<f64>(options, MIN_H);
  const categoryH = load<f64>(options, CAT_MIN_H);
  const smooth = load<f64>(options, CAT_SMOOTH);
  const gT = gradientOf(total);
  const hT = hessianOf(total);
  let used: u32 = 0;
  let filled: u32 = 0;
  for (let bin: u32 = 0; bin <= bins; bin++) {
    const v = load<i64>(hist + (<usize>bin << 3));
    if (v == 0) continue;
    filled++;
    const h = hessianOf(v);
    if (h < categoryH) continue;
    // Insertion keeps the keys sorted; equal keys stay in the order of the bins.
    const key = gradientOf(v) / (h + smooth);
    let at = scratch + (<usize>used << 4);
    while (at > scratch && load<f64>(at - 16) > key) {
      store<f64>(at, load<f64>(at - 16));
      store<u32>(at, load<u32>(at - 8), 8);
      at -= 16;
    }
    store<f64>(at, key);
    store<u32>(at, bin, 8);
    used++;
  }
  if (filled < 2) return;
  const oneHot = filled <= load<u32>(options, CAT_ONE_HOT);
  const lambda = load<f64>(options, LAMBDA) + (oneHot ? 0 : load<f64>(options, CAT_LAMBDA));
  let foundFrom: u32 = 0;
  let foundCount: u32 = 0;
  const groupH = oneHot ? 0 : load<f64>(options, CAT_GROUP_H);
  const longest: u32 = oneHot ? 1 : min(load<u32>(options, CAT_MAX), (used + 1) / 2);
  const sides: u32 = oneHot ? used : 2;
  for (let side: u32 = 0; side < sides; side++) {
    let sum: i64 = 0;
    let tried = 0.0;
    for (let k: u32 = 0; k < longest; k++) {
      const place = oneHot ? side : side == 0 ? k : used - 1 - k;
      const bin = load<u32>(scratch + (<usize>place << 4), 8);
      sum += load<i64>(hist + (<usize>bin << 3));
      const hL = hessianOf(sum);
      if (hL < minH) continue;
      const hR = hT - hL;
      if (hR < max(minH, groupH)) break;
      if (hL - tried < groupH) continue;
      tried = hL;
      const gL = gradientOf(sum);
      const gR = gT - gL;
      const gain = (gL * gL) / (hL + lambda) + (gR * gR) / (hR + lambda);
      if (gain > bestGain) {
        bestGain = gain;
        bestLeft = sum;
        foundCount = k + 1;
        foundFrom = oneHot ? side : side == 0 ? 0 : used - 1 - k;
      }
    }
  }
  if (foundCount == 0) return;
  store<f64>(answer, bestGain, GAIN);
  store<i64>(answer, bestLeft, LEFT);
  store<u32>(answer, feature, FEATURE);
  store<u32>(answer, 0, BIN);
  memory.fill(answer + GOES_LEFT, 0, 256);
  for (let k: u32 = 0; k < foundCount; k++) {
    const bin = load<u32>(scratch + (<usize>(foundFrom + k) << 4), 8);
    store<u8>(answer + GOES_LEFT + <usize>bin, 1);
  }
}

/** The gain term of a leaf as it is, under the same L1 and bounds as its splits. */
export function leafGain(options: usize, total: i64): f64 {
  const g = shrink(gradientOf(total), load<f64>(options, ALPHA));
  const h = hessianOf(total) + load<f64>(options, LAMBDA);
  return boundedGain(g, h, boundedValue(g, h, load<f64>(options, LOWER), load<f64>(options, UPPER)));
}

/** Starts an answer: no feature, and the gain that a split must exceed. */
export function clearAnswer(answer: usize, floor: f64): void {
  store<f64>(answer, floor, GAIN);
  store<u32>(answer, 0xffffffff, FEATURE);
}

/**
 * Tries the splits of one feature and improves the answer.
 *
 * @param hist - The feature's 256 packed sums.
 * @param total - Packed sums of the whole leaf.
 * @param features - Table of feature descriptions.
 * @param scratch - 4096 bytes of this thread.
 */
export function scanFeature(
  hist: usize, total: i64, feature: u32, features: usize, options: usize, scratch: usize, answer: usize,
): void {
  const description = features + <usize>feature * FEATURE_SIZE;
  const bins = <u32>load<u16>(description);
  bestGain = load<f64>(answer, GAIN);
  if (load<u8>(description, 2) != 0) {
    scanCategories(hist, bins, total, feature, options, scratch, answer);
    return;
  }
  const direction = <i32>load<i8>(description, 3);
  const missing = load<i64>(hist + (<usize>bins << 3));
  const unset = bestGain;
  const bounded =
    load<f64>(options, ALPHA) != 0 ||
    direction != 0 ||
    load<f64>(options, LOWER) != -Infinity ||
    load<f64>(options, UPPER) != Infinity;
  if (load<u32>(options, RANDOM) != 0) {
    scanRandom(hist, bins, total, missing, feature, options);
  } else if (bounded) {
    scanBounded(hist, bins, total, 0, false, direction, options);
    if (missing != 0) scanBounded(hist, bins, total, missing, true, direction, options);
  } else {
    scanPlain(hist, bins, total, 0, false, options);
    if (missing != 0) scanPlain(hist, bins, total, missing, true, options);
  }
  if (bestGain <= unset) return;
  // Bins between this and the next filled one hold no row of the leaf: put the border in their middle.
  let next = bestBin + 1;
  while (next < bins && load<i64>(hist + (<usize>next << 3)) == 0) next++;
  const bin = next < bins ? (bestBin + next - 1) >> 1 : bestBin;
  const missingLeft = missing == 0 ? 2 * hessianOf(bestLeft) >= hessianOf(total) : bestMissingLeft;
  store<f64>(answer, bestGain, GAIN);
  store<i64>(answer, bestLeft, LEFT);
  store<u32>(answer, feature, FEATURE);
  store<u32>(answer, bin, BIN);
  memory.fill(answer + GOES_LEFT, 0, 256);
  memory.fill(answer + GOES_LEFT, 1, <usize>bin + 1);
  store<u8>(answer + GOES_LEFT + <usize>bins, missingLeft ? 1 : 0);
}

/** parent[i] −= child[i] over `words` 64-bit integers: the other child's histogram in the parent's place. */
export function subtractHistogram(parent: usize, child: usize, words: u32): void {
  for (let i: usize = 0; i < <usize>words << 3; i += 16) {
    v128.store(parent + i, i64x2.sub(v128.load(parent + i), v128.load(child + i)));
  }
}
