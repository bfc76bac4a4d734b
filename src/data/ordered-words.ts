/** Words that stand in an order: the levels of common scales, each from the least to the most. */

const scales: readonly (readonly string[])[] = [
  "very low,low,medium low,medium,medium high,high,very high",
  "very low,low,moderate,high,very high",
  "very low,low,average,high,very high",
  "none,minimal,mild,moderate,severe,critical",
  "never,rarely,occasionally,sometimes,often,usually,always",
  "very bad,bad,ok,good,very good",
  "very poor,poor,fair,average,good,very good,excellent",
  "strongly disagree,disagree,neutral,agree,strongly agree",
  "very dissatisfied,dissatisfied,neutral,satisfied,very satisfied",
  "very unlikely,unlikely,neutral,likely,very likely",
  "negative,neutral,positive",
  "tiny,small,medium,large,huge",
  "xxs,xs,s,m,l,xl,xxl",
  "beginner,novice,intermediate,advanced,expert",
  "junior,mid,senior",
  "bronze,silver,gold,platinum",
  "first,second,third,fourth,fifth",
  "fair,good,very good,premium,ideal",
].map((line) => line.split(","));

/** Fewest labels whose order says something. */
const fewest = 3;

/** The labels from the least to the most where all are words of one scale; undefined where they are not. */
export function knownOrder(labels: readonly string[]): string[] | undefined {
  if (labels.length < fewest) return undefined;
  const word = (label: string): string =>
    label
      .trim()
      .toLowerCase()
      .replaceAll(/[\s_-]+/g, " ");
  for (const scale of scales) {
    const places = labels.map((label) => scale.indexOf(word(label)));
    if (places.includes(-1) || new Set(places).size < labels.length) continue;
    return labels.toSorted((a, b) => scale.indexOf(word(a)) - scale.indexOf(word(b)));
  }
  return undefined;
}
