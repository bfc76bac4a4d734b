/** Doing next to nothing: each token gets the tag that it had most often in training, and O where it was never seen. */

export function fitLookUp(
  tokens: readonly (readonly string[])[],
  tags: readonly (readonly string[])[],
): (sentence: readonly string[]) => string[] {
  const counts = new Map<string, Map<string, number>>();
  tokens.forEach((sentence, i) =>
    sentence.forEach((token, k) => {
      const own = counts.get(token) ?? new Map<string, number>();
      const tag = tags[i]![k]!;
      own.set(tag, (own.get(tag) ?? 0) + 1);
      counts.set(token, own);
    }),
  );
  const tagOf = new Map(
    [...counts].map(([token, own]) => [token, [...own].reduce((a, b) => (b[1] > a[1] ? b : a))[0]]),
  );
  return (sentence) => sentence.map((token) => tagOf.get(token) ?? "O");
}
