/**
 * What a race on a table comes to: whether its best network is worth its time beside the best classical model, and
 * which networks were not tried.
 *
 * Both are judged by the board's own answers: on rows that neither was fitted on, paired by row, each by itself.
 */
import type { Metric } from "../../metrics/index.ts";
import { type Choice, kindOf, type RaceResult, type RaceShape, workUnits } from "../../select/index.ts";
import type { Versus } from "../race/record.ts";
import { significantDigits, versusOf } from "../race/versus.ts";

export interface Verdict {
  /** Absent where there is no network, or no classical model, with a figure. */
  readonly versus?: Versus;
  /** One sentence on networks that the race did not come to, and why. */
  readonly untriedNetworks?: string;
}

interface VerdictParts {
  readonly race: Pick<RaceResult, "entries" | "skipped" | "unitsUsed" | "stoppedBy">;
  readonly choice: Pick<Choice, "versus" | "members">;
  readonly metric: Pick<Metric, "title">;
  readonly shape: RaceShape;
  /** Seconds of the run, where they were told. */
  readonly time?: number | undefined;
}

export function verdictOf(parts: VerdictParts): Verdict {
  const versus = tableVersus(parts);
  const untriedNetworks = untriedSentence(parts);
  return { ...(versus && { versus }), ...(untriedNetworks !== undefined && { untriedNetworks }) };
}

function tableVersus({ choice, metric: { title } }: VerdictParts): Versus | undefined {
  if (choice.versus === undefined) return undefined;
  const { network, classical, comparison, rowCount } = choice.versus;
  const [one, other] = [network, classical].map(({ candidate, fitSeconds }) => ({
    name: candidate.name,
    seconds: fitSeconds,
  })) as [Racer, Racer];
  const blended = choice.members.length > 1 && choice.members.some(({ entry }) => entry === network);
  const alone = blended ? `${one.name} by itself` : one.name;
  const rows = `on ${rowCount} rows judged fold by fold`;
  return versusOf(one, other, comparison, {
    ahead: (amount) => `${rows}, ${alone} is ${amount} in ${title} better than ${other.name}`,
    little: (amount) => `${rows}, ${alone} is only ${amount} in ${title} ahead of ${other.name}`,
    behind: (amount) => `${rows}, ${alone} is ${amount} in ${title} behind ${other.name}`,
    level: (noise) => `${rows}, ${alone} is no better in ${title} than ${other.name}${noise}`,
    digits: significantDigits,
  });
}

type Racer = Parameters<typeof versusOf>[0];

function untriedSentence({ race, shape, time }: VerdictParts): string | undefined {
  const { entries, skipped, unitsUsed, stoppedBy } = race;
  // What failed is told with its reason, by itself.
  const missed = skipped.filter(({ reason }) => reason === "beyond the budget" || reason === "no time left");
  const networks = missed.filter(({ candidate }) => kindOf(candidate) === "network");
  const [first] = networks;
  if (first === undefined) return undefined;
  const none = entries.every(({ candidate }) => kindOf(candidate) !== "network");
  const names = networks.map(({ candidate }) => candidate.name).join(" and ");
  const who = none ? "No network was tried" : `${names} ${networks.length === 1 ? "was" : "were"} not tried`;
  const which = none || networks.length > 1 ? first.candidate.name : "it";
  if (first.reason === "beyond the budget") {
    // What stands before it is paid for first.
    const needed = missed
      .slice(0, missed.indexOf(first) + 1)
      .reduce((sum, { candidate }) => sum + workUnits(candidate, shape), unitsUsed);
    return `${who}: the budget ends before ${which}; --budget ${Math.ceil(needed - 1e-6)} reaches it.`;
  }
  const over =
    stoppedBy === "signal" || time === undefined
      ? "the run was stopped"
      : `the race's part of the ${time} seconds was over`;
  return `${who} to the end: ${over} before ${which} was done; a longer run reaches it.`;
}
