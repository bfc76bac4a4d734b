/** What every race of networks against classical models prints: the networks, the board, the verdict. */
import type { NetworkRecord, OneNetworkRecord, RaceRecord, Versus } from "../tasks/index.ts";
import { againstNothing } from "./against-nothing.ts";
import { bold, figure, interval, noInterval, print, table } from "./terminal.ts";

export function printNetwork(network: NetworkRecord & Partial<Pick<OneNetworkRecord, "others">>): void {
  const { name, parameterCount, epochs, others = [] } = network;
  const all = [network, ...others];
  const best = all.map(({ bestEpoch }) => bestEpoch).join(", ");
  const told =
    others.length === 0
      ? `${name}: ${parameterCount} parameters, best after epoch`
      : `${all.length} × ${name}: ${parameterCount} parameters each, best after epochs`;
  const stopped = all.some(({ ended }) => ended === "aborted") ? ", stopped early" : "";
  print(`${told} ${best} of ${epochs}${stopped}.`);
}

interface RaceWords {
  /** What is judged: `pictures`. */
  readonly many: string;
  /** What the chosen one is held against: `doing nothing`. */
  readonly nothing: string;
  /** In place of an interval that is not defined, which is explained then. Default: `not defined`, alone. */
  readonly undefinedInterval?: string;
  /** Lines behind the figure. */
  readonly details?: readonly string[];
}

/** The board, the figure on untouched rows, and what it is worth; empty lines around. */
export function printRace(record: RaceRecord & { readonly versus?: Versus }, words: RaceWords): void {
  const { leaderboard, chosen, metric, test, versus } = record;
  const { many, nothing, undefinedInterval, details = [] } = words;
  print();
  const lines = leaderboard.map(({ rank, name, family, score, seconds }) => [
    `${rank}`,
    name === chosen ? bold(name) : name,
    family,
    figure(score),
    family === "baseline" ? "" : `${seconds}s`,
  ]);
  for (const line of table(
    [["#", "model", "kind", metric.title, "fitted in"], ...lines],
    [true, false, false, true, true],
  ))
    print(line);
  print();
  const [first] = test.metrics;
  const { title, value, low, high, baseline } = first!;
  const explained = Number.isNaN(low) && undefinedInterval !== undefined;
  const range = explained ? undefinedInterval : interval(low, high);
  print(
    `On ${test.rows} untouched ${many}: ${title} ${bold(figure(value))} (${range}); ${nothing} ${figure(baseline)}.`,
  );
  if (explained) print(noInterval);
  for (const line of details) print(line);
  const { family } = leaderboard.find(({ name }) => name === chosen)!;
  const warning = againstNothing(first!, family, leaderboard.length - 1);
  if (warning !== undefined) print(warning);
  if (versus) print(versus.sentence);
  print();
}
