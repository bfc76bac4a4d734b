/** Which columns are likely to be what someone wants to predict, by name, place and nature. */
import type { ColumnProfile } from "./column-profile.ts";
import type { Profile } from "./profile.ts";

const targetName =
  /^(target|label|class|y|outcome|response|result|churn(ed)?|default(ed)?|fraud|survived|price|cost|sales|revenue|amount|quality|rating|score|income|salary|status|species|diagnosis|converted|clicked|attrition|approved|cnt|count|demand|value)$/i;
const targetWord =
  /(^|[^a-z])(target|label|class|outcome|churn|default|fraud|price|sales|revenue|survived|delay|total|fare|value)([^a-z]|$)/i;
const calendarName =
  /(^|[^a-z])(year|month|day|weekday|hour|minute|second|date|time|week|season)s?([^a-z]|$)/i;
const predictionName = /(^|[^a-z])(pred|predicted|prediction|prob|probability)([^a-z]|$)/i;
const participle = /^(is_?|has_?|was_?)?[a-z]{3,}ed$/i;

/**
 * The likeliest targets, the best first.
 *
 * @param count - How many at most.
 */
export function suggestTargets(profile: Profile, count = 3): readonly string[] {
  const scored = profile.columns
    .map((column, index) => ({
      name: column.name,
      score: score(column, profile.rowCount, index === profile.columns.length - 1),
    }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score);
  return scored.slice(0, count).map(({ name }) => name);
}

function score(column: ColumnProfile, rowCount: number, last: boolean): number {
  if (column.role !== "feature" && column.role !== "target") return 0;
  if (column.kind === "text" || column.kind === "id" || column.kind === "datetime" || column.distinct < 2)
    return 0;
  if (column.kind === "category" && column.distinct > Math.max(2, Math.min(50, rowCount / 10))) return 0;
  let points = 1;
  if (column.role === "target") points += 10;
  if (targetName.test(column.name)) points += 5;
  else if (targetWord.test(column.name)) points += 2;
  if (calendarName.test(column.name) || predictionName.test(column.name)) points -= 2;
  if (last) points += 3;
  const binary = column.kind === "boolean" || column.distinct === 2;
  if (binary) points += participle.test(column.name) ? 4 : 1;
  return points - (2 * column.missing) / Math.max(1, rowCount);
}
