/** Every step of ours, with every option that changes what it emits, under the laws of `millwright/testing`. */
import { describe, expect, test } from "vitest";
import { ColumnRef } from "./columns.ts";
import { datePartsEncoder } from "./encoders/date-parts.ts";
import { frequencyEncoder } from "./encoders/frequency-encode.ts";
import { hashedTfidfEncoder } from "./encoders/hashed-tfidf.ts";
import { hashingEncoder } from "./encoders/hashing.ts";
import { numbersEncoder } from "./encoders/numbers.ts";
import { oneHotEncoder } from "./encoders/one-hot.ts";
import { ordinalEncoder } from "./encoders/ordinal.ts";
import { targetEncoder } from "./encoders/target-encode.ts";
import { characterTfidfEncoder } from "./encoders/character-tfidf.ts";
import { tfidfEncoder } from "./encoders/tfidf.ts";
import { tokensEncoder } from "./encoders/tokens.ts";
import { timeSinceChain, timeSinceEncoder } from "./encoders/time-since.ts";
import * as doors from "./index.ts";
import { selectBest } from "./selections/select-best.ts";
import { varianceThreshold } from "./selections/variance-threshold.ts";
import { stepConformance } from "../testing/index.ts";
import { type Chain, chainOf, type Union, union } from "./step.ts";
import { clipOutliers } from "./transforms/clip-outliers.ts";
import { impute } from "./transforms/impute.ts";
import { interactions } from "./transforms/interactions.ts";
import { kMeansDistances } from "./transforms/k-means-distances.ts";
import { pca } from "./transforms/pca.ts";
import { powerTransform } from "./transforms/power-transform.ts";
import { quantileTransform } from "./transforms/quantile-transform.ts";
import { scale } from "./transforms/scale.ts";
import { truncatedSvd } from "./transforms/truncated-svd.ts";

const numbersOf = (...transforms: Chain["transforms"]): Chain =>
  chainOf(["plain", "single", "counts", "empty", "constant", "extreme"], numbersEncoder, transforms);

/** Steps that mix features take finite numbers alone. */
const projected = (step: Chain["transforms"][number]): Chain =>
  chainOf(["plain", "single", "counts", "constant"], numbersEncoder, [
    impute(),
    clipOutliers(),
    scale(),
    step,
  ]);

/** Every step with every option that changes what it emits. */
const plans: Readonly<Record<string, Chain | Union>> = {
  numbers: numbersOf(),
  "impute median": numbersOf(impute()),
  "impute mean, indicator seen": numbersOf(impute({ strategy: "mean", indicator: "seen" })),
  "impute mostFrequent, indicator always": numbersOf(
    impute({ strategy: "mostFrequent", indicator: "always" }),
  ),
  "impute constant": numbersOf(impute({ strategy: "constant", value: -1 })),
  "clipOutliers quantile": numbersOf(clipOutliers({ lower: 0.1, upper: 0.9 })),
  "clipOutliers iqr": numbersOf(clipOutliers({ method: "iqr", factor: 1.5 })),
  "clipOutliers deviation": numbersOf(clipOutliers({ method: "deviation", factor: 2 })),
  "scale standard": numbersOf(scale()),
  "scale robust": numbersOf(scale({ method: "robust" })),
  "scale minMax": numbersOf(scale({ method: "minMax" })),
  "quantileTransform uniform": numbersOf(quantileTransform()),
  "quantileTransform normal, 7 points": numbersOf(
    quantileTransform({ quantiles: 7, distribution: "normal" }),
  ),
  "powerTransform yeoJohnson": numbersOf(powerTransform()),
  "powerTransform boxCox": chainOf(["positive", "empty"], numbersEncoder, [
    powerTransform({ method: "boxCox" }),
  ]),
  interactions: numbersOf(interactions()),
  "interactions of all sorts, imputed": numbersOf(
    impute(),
    interactions({ ratios: true, powers: 3, keep: false }),
    impute({ indicator: "always" }),
  ),
  "interactions, powers alone": numbersOf(interactions({ products: false, powers: 2 })),
  "impute, clip, scale": numbersOf(impute({ indicator: "seen" }), clipOutliers(), scale()),
  pca: projected(pca({ components: 3 })),
  "pca whitened, half the variance": projected(pca({ variance: 0.5, whiten: true })),
  truncatedSvd: projected(truncatedSvd({ components: 3 })),
  "truncatedSvd of tfidf": chainOf(["note", "blank"], tfidfEncoder({ buckets: 4 }), [
    truncatedSvd({ components: 3 }),
  ]),
  kMeansDistances: projected(kMeansDistances({ clusters: 4 })),
  ordinal: chainOf(["city", "odd", "rare", "none", "flag"], ordinalEncoder()),
  "ordinal, 3 codes, impute": chainOf(["city", "odd"], ordinalEncoder({ maxCategories: 3 }), [
    impute({ strategy: "mostFrequent" }),
  ]),
  oneHot: chainOf(["city", "odd", "rare", "none", "flag"], oneHotEncoder()),
  "oneHot, 2 columns, rare dropped": chainOf(
    ["city", "odd"],
    oneHotEncoder({ maxCategories: 2, rare: "drop" }),
  ),
  "oneHot without first": chainOf(["city", "odd"], oneHotEncoder({ drop: "first" })),
  "oneHot without one of two": chainOf(["flag", "city"], oneHotEncoder({ drop: "binary" })),
  hashing: chainOf(["city", "odd", "rare", "none"], hashingEncoder({ buckets: 7 })),
  frequencyEncode: chainOf(["city", "odd", "rare", "none", "flag"], frequencyEncoder()),
  "frequencyEncode count, transformed": chainOf(["city", "flag"], frequencyEncoder({ measure: "count" }), [
    powerTransform(),
  ]),
  targetEncode: chainOf(["city", "odd", "rare", "none", "flag"], targetEncoder()),
  "targetEncode fixed, scaled": chainOf(["city"], targetEncoder({ smoothing: "fixed", strength: 3 }), [
    scale(),
  ]),
  dateParts: chainOf(["when", "never"], datePartsEncoder({ minute: true })),
  "dateParts oneHot": chainOf(["when"], datePartsEncoder({ cycles: "oneHot" })),
  "dateParts wave, imputed": chainOf(["when"], datePartsEncoder({ cycles: "wave" }), [impute()]),
  "timeSince latest": chainOf(["when", "never"], timeSinceEncoder({ since: "latest" })),
  "timeSince a fixed time, imputed": chainOf(
    ["when", "never"],
    timeSinceEncoder({ since: "1999-12-31T23:59:59.5Z", unit: "seconds" }),
    [impute()],
  ),
  "timeSince another column": timeSinceChain(["never", "when"], {
    since: new ColumnRef("other", "datetime"),
    unit: "hours",
  }),
  tfidf: chainOf(["note", "blank"], tfidfEncoder({ buckets: 4 })),
  characterTfidf: chainOf(["note", "blank"], characterTfidfEncoder({ maxTerms: 60 })),
  "characterTfidf of one length": chainOf(["note"], characterTfidfEncoder({ shortest: 1, longest: 1 })),
  hashedTfidf: chainOf(["note", "blank"], hashedTfidfEncoder({ buckets: 16 })),
  "hashedTfidf of single words": chainOf(
    ["note"],
    hashedTfidfEncoder({ ngrams: 1, buckets: 8, sublinear: false }),
  ),
  tokens: chainOf(["note", "blank"], tokensEncoder({ length: 6, buckets: 5 })),
  "tokens of characters": chainOf(["note", "blank"], tokensEncoder({ unit: "characters", length: 40 })),
  "tokens, one place and three terms": chainOf(
    ["note"],
    tokensEncoder({ length: 1, maxTerms: 3, buckets: 1 }),
  ),
  union: union(
    numbersOf(impute({ indicator: "always" })),
    chainOf(["city", "flag"], oneHotEncoder()),
    union(chainOf(["when"], datePartsEncoder()), chainOf(["never", "when"], datePartsEncoder())).pipe(
      impute(),
    ),
  ).pipe(scale()),
  varianceThreshold: numbersOf(varianceThreshold(), impute(), scale()),
  "varianceThreshold of all sorts": union(
    numbersOf(),
    chainOf(["city", "none", "flag"], ordinalEncoder()),
    chainOf(["note", "blank"], tfidfEncoder({ buckets: 4 })),
  ).pipe(varianceThreshold({ threshold: 0.01 })),
  selectBest: numbersOf(
    impute({ indicator: "always" }),
    interactions(),
    selectBest({ count: 5 }),
    impute(),
    scale(),
  ),
  "selectBest of all sorts": union(
    numbersOf(quantileTransform()),
    chainOf(["city", "rare", "none"], ordinalEncoder()),
    chainOf(["city", "flag"], oneHotEncoder()),
    timeSinceChain(["never", "when"], { since: new ColumnRef("other", "datetime") }),
    chainOf(["note"], tfidfEncoder({ buckets: 4 })),
  ).pipe(selectBest({ share: 0.4, neighbors: 5, maxRows: 200 })),
  "tfidf words, sublinear": chainOf(["note"], tfidfEncoder({ ngrams: 1, sublinear: true, maxTerms: 3 })),
};

test("every step is under these laws", () => {
  const kindsOf = (chain: Chain | Union): string[] => [
    ...("encoder" in chain ? [chain.encoder.kind] : chain.chains.flatMap(kindsOf)),
    ...chain.transforms.map((t) => t.kind),
  ];
  const kinds = Object.values(plans).flatMap(kindsOf);
  const steps = [
    "numbers",
    ...Object.keys(doors)
      .filter((name) => name.endsWith("Parameters"))
      .map((name) => name.slice(0, -10)),
  ];
  expect([...new Set(kinds)].toSorted()).toEqual(steps.toSorted());
});

describe.each(Object.entries(plans))("%s", (name, chain) => {
  const checks = stepConformance(chain, {
    ...(name.startsWith("targetEncode") && { target: "outOfFold" }),
    ...(name.startsWith("selectBest") && { target: "reads" }),
    // Those round to float32.
    ...(/tfidf|of all sorts/i.test(name) && { tolerance: 1.2e-7 }),
  });
  test.each(checks.map((check) => [check.name, check] as const))("%s", (_, check) => check.run());
});
