/** Pictures of the words that the answers to texts rest on, a bar each; the method: `evaluate/word-effects.ts`. */
import { linearAxis, nameAxis } from "./charts/axis.ts";
import type { Mark } from "./charts/plot.ts";
import { noun, titleWithUnit, withUnit } from "./facts.ts";
import { type Figure, plotLabel } from "./figure.ts";
import { amount, count, number } from "./format.ts";
import type { ReportData, WordEffect, Words } from "./report-data.ts";
import { join, name, type Sentence, say, visible } from "./text.ts";

/** Longest word on an axis, in characters. */
const wordLength = 40;

export function wordFigures(data: ReportData): (Figure | undefined)[] {
  const { words } = data;
  return (words?.answers ?? []).map((answer, i) => wordFigure(data, words!, answer, i));
}

/** How to read them all. */
export function wordsNote(data: ReportData): Sentence {
  const { words } = data;
  const { many } = noun(data);
  const odds = words?.answers.some(({ label }) => label !== undefined);
  return join([
    say`The file answered untouched ${many} once as they are and once without a word. A bar is the mean change that the word made, in brackets the number of ${many} that it was left out of; the thin line is the interval, and a word whose interval holds no change is not drawn.`,
    odds ? say`Where chances are even, ×2 of the odds makes 67%, ×4 makes 80%, ÷4 makes 20%.` : undefined,
    say`These are the strongest of ${count(words?.asked ?? 0)} ${words?.characters ? "words, signs and characters" : "words and signs"} that at least 5 of the ${many} hold; rarer ones are not named, since they may tell who wrote them. Case does not count.`,
    words?.characters === true
      ? say`Where texts have hardly a word in common, as in languages that write no spaces, single characters stand for words.`
      : undefined,
    say`Words that say the same cover for each other, so a short bar is no proof that a word is useless.`,
  ]);
}

function wordFigure(
  data: ReportData,
  words: Words,
  { label, raising, lowering }: Words["answers"][number],
  i: number,
): Figure | undefined {
  // From the strongest for to the strongest against.
  const shown = [...raising, ...[...lowering].reverse()];
  if (shown.length === 0) return undefined;
  const of = label === undefined ? say`${name(data.target.column)}` : say`${name(label)}`;
  const title =
    label === undefined ? say`Words that raise and lower ${of}` : say`Words for and against ${of}`;
  const reading = readingOf(data, label, raising[0], lowering[0]);
  // Doublings of the odds.
  const at = (value: number): number => (label === undefined ? value : value / Math.LN2);
  const whiskers = shown.flatMap(({ change: { low, high } }, row) =>
    low === undefined || high === undefined ? [] : [{ row, low: at(low), high: at(high) }],
  );
  const bars = (effects: readonly WordEffect[], first: number, colour: "blue" | "orange"): Mark => ({
    kind: "boxes",
    from: effects.map((_, row) => [0, first + row - 0.32]),
    to: effects.map(({ change }, row) => [at(change.value), first + row + 0.32]),
    colour,
    opacities: effects.map(() => 0.75),
  });
  return {
    id: `words-${i + 1}`,
    title,
    reading,
    size: "half",
    content: {
      id: `c-words-${i + 1}`,
      label: plotLabel(title, reading),
      width: 440,
      height: 60 + 22 * Math.max(3, shown.length),
      x: linearAxis(
        [
          0,
          ...shown.map(({ change }) => at(change.value)),
          ...whiskers.flatMap(({ low, high }) => [low, high]),
        ],
        {
          title:
            label === undefined
              ? titleWithUnit("change of the answer", data.target.unit)
              : "change of the odds, on a logarithmic scale",
          ...(label !== undefined && { label: oddsTick }),
          ticks: label === undefined ? 4 : 6,
          round: false,
          grid: true,
        },
      ),
      labelRoom: 190,
      y: nameAxis(shown.map(axisLabel)),
      marks: [
        bars(raising, 0, "blue"),
        bars(shown.slice(raising.length), raising.length, "orange"),
        {
          kind: "segments",
          from: whiskers.map(({ row, low }) => [low, row]),
          to: whiskers.map(({ row, high }) => [high, row]),
          colour: "ink",
          width: 1.5,
        },
      ],
    },
  };
}

function axisLabel({ word, column, rows }: WordEffect): string {
  const own = visible(word, wordLength);
  return `${column === undefined ? own : `${own} · ${visible(column, 20)}`} (${count(rows)})`;
}

const factor = (logarithm: number): string => number(Math.exp(Math.min(700, Math.abs(logarithm))), 2);

/** `×2`, `÷4`; of doublings. */
function oddsTick(doublings: number): string {
  if (doublings === 0) return "×1";
  return `${doublings > 0 ? "×" : "÷"}${number(2 ** Math.min(1000, Math.abs(doublings)), 2)}`;
}

/** `“call” multiplies the odds of “spam” most, by 3.2 on average over the 30 rows that were asked about it.` */
function readingOf(
  data: ReportData,
  label: string | undefined,
  most: WordEffect | undefined,
  least: WordEffect | undefined,
): Sentence {
  const what = label === undefined ? say`${name(data.target.column)}` : say`the odds of ${name(label)}`;
  const [raises, lowers] = label === undefined ? ["raises", "lowers"] : ["multiplies", "divides"];
  const size = ({ change }: WordEffect): string =>
    label === undefined ? withUnit(amount(Math.abs(change.value)), data.target.unit) : factor(change.value);
  const where = ({ word, column }: WordEffect): Sentence =>
    column === undefined ? say`${name(word)}` : say`${name(word)} in ${name(column)}`;
  const sentence = (effect: WordEffect, does: string): Sentence =>
    say`${where(effect)} ${does} ${what} most, by ${size(effect)} on average over the ${count(effect.rows)} ${noun(data).many} that it was left out of.`;
  return join([most && sentence(most, raises), least && sentence(least, lowers)]);
}
