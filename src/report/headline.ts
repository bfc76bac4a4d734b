/**
 * The three lines that can be forwarded to a manager: how good it is against doing
 * nothing, what its mistakes mean, and whether a simple model was enough.
 *
 * Natural frequencies ("of 100 … it finds 71") are understood where probabilities
 * are not (Gigerenzer & Hoffrage 1995, Psychological Review 102:684). "At random"
 * means picking as many rows as the model picks, so both work for the same effort.
 */
import {
  accuracyOf,
  beatsNothing,
  classRows,
  costsAt,
  inUnit,
  noun,
  positiveLabel,
  ratesAt,
  rowsWithLabel,
  scoreText,
  withUnit,
} from "./facts.ts";
import { amount, count, estimateDecimals, fixed, number, ofHundred, percent, range } from "./format.ts";
import type { Operating, ReportData } from "./report-data.ts";
import { join, name, type Sentence, say, strong, toPlain, visible } from "./text.ts";

/** The three lines, with the question that each answers. */
export function headline(data: ReportData): readonly { question: string; answer: Sentence }[] {
  return [
    { question: "How good it is", answer: howGood(data) },
    { question: "What a mistake means", answer: costOfMistakes(data) },
    { question: "Was a simple model enough?", answer: simpleEnough(data) },
  ];
}

/** The three lines as plain text, safe to print on a terminal. */
export function summaryLines(data: ReportData): string[] {
  return headline(data).map((line) => toPlain(line.answer));
}

function howGood(data: ReportData): Sentence {
  return join([goodInNumbers(data), doubt(data)]);
}

function goodInNumbers(data: ReportData): Sentence {
  const { many } = noun(data);
  if (data.task === "regression" && data.errors !== undefined) {
    const { model, baseline } = data.errors;
    const saved = baseline.mean > 0 ? 1 - model.mean / baseline.mean : 0;
    const compared =
      saved > 0 ? say`, so the error is ${strong(percent(saved))} smaller` : say`, so nothing is gained`;
    return say`Its predictions of ${name(data.target.column)} are off by ${strong(inUnit(data, model.mean))} on average; ${data.naive === undefined ? say`always giving the same answer` : say`the naive forecast (${visible(data.naive, 60)})`} is off by ${strong(inUnit(data, baseline.mean))}${compared}.`;
  }
  if (data.task === "binary" && data.operating !== undefined) {
    const { recall, alarmRate } = ratesAt(data.operating.at);
    if (recall !== undefined && alarmRate > 0) {
      return say`Of 100 ${rowsWithLabel(data, positiveLabel(data))}, it finds ${strong(ofHundred(recall))}; picking as many ${many} at random finds ${strong(ofHundred(alarmRate))}.`;
    }
    if (recall !== undefined) {
      return say`It never raises an alarm at its threshold, so it finds none of the ${rowsWithLabel(data, positiveLabel(data))}.`;
    }
  }
  const right = data.confusion === undefined ? undefined : accuracyOf(data.confusion);
  if (right !== undefined) {
    const majority = say`always answering ${name(right.majority.label)}`;
    return say`Of 100 ${many}, it gives ${strong(ofHundred(right.accuracy))} the right ${name(data.target.column)}; ${majority} is right for ${strong(ofHundred(right.majority.rows / right.rows))}.`;
  }
  return scoreSentence(data);
}

/** The primary score in words: the fallback where no counts were given. */
function scoreSentence(data: ReportData): Sentence {
  const first = data.test[0];
  if (first === undefined) return say`It was not scored on untouched ${noun(data).many}.`;
  const nothing =
    first.baseline === undefined
      ? say``
      : say`; doing nothing has ${scoreText(data, first.metric, { value: first.baseline })}`;
  return say`On ${count(data.split.testRows)} untouched ${noun(data).many} its ${first.metric.label} is ${strong(scoreText(data, first.metric, first.score))}${nothing}.`;
}

function doubt(data: ReportData): Sentence | undefined {
  const first = data.test[0];
  if (first?.baseline === undefined || beatsNothing(data) !== false) return undefined;
  const { low, high } = first.score;
  const far = first.metric.higherIsBetter ? high : low;
  const worse =
    far !== undefined && (first.metric.higherIsBetter ? far < first.baseline : far > first.baseline);
  return say`${strong(worse ? "That is worse than doing nothing" : "That is not clearly better than doing nothing")}: ${first.metric.label} ${scoreText(data, first.metric, first.score)} against ${scoreText(data, first.metric, { value: first.baseline })}.`;
}

function costOfMistakes(data: ReportData): Sentence {
  if (data.task === "binary" && data.operating !== undefined) return costOfAlarms(data, data.operating);
  if (data.task === "regression" && data.errors !== undefined) {
    const { median, p90 } = data.errors.model;
    return say`Half of the predictions miss by less than ${strong(inUnit(data, median))}, and one in ten by more than ${strong(inUnit(data, p90))}.`;
  }
  const right = data.confusion === undefined ? undefined : accuracyOf(data.confusion);
  if (right === undefined || data.confusion === undefined) {
    return say`What a mistake costs was not measured.`;
  }
  const worst = classRows(data.confusion).reduce((a, b) =>
    (b.mistakenFor?.rows ?? 0) > (a.mistakenFor?.rows ?? 0) ? b : a,
  );
  if (worst.mistakenFor === undefined) {
    return say`It made no mistake on the ${count(right.rows)} test ${noun(data).many}.`;
  }
  return say`Of 100 ${noun(data).many}, ${strong(ofHundred(1 - right.accuracy))} get a wrong label; the most frequent mistake takes ${name(worst.label)} for ${name(worst.mistakenFor.label)} (${count(worst.mistakenFor.rows)} of ${count(worst.rows)}).`;
}

function costOfAlarms(data: ReportData, operating: Operating): Sentence {
  const { precision, recall } = ratesAt(operating.at);
  const from = say`It raises an alarm from a probability of ${strong(number(operating.at.threshold))}`;
  if (operating.costs !== undefined) {
    const { falseAlarm, miss, unit } = operating.costs;
    const money = (value: number): string => withUnit(amount(value), unit);
    const cost = costsAt(operating.at, operating.costs);
    const pays =
      cost.model < Math.min(cost.never, cost.always)
        ? say``
        : say` At these costs ${strong("the model does not pay")}.`;
    return say`A false alarm costs ${money(falseAlarm)} and a miss ${money(miss)}. ${from}, which costs ${strong(money(cost.model))} a ${noun(data).one}; never raising one costs ${money(cost.never)}, always raising one ${money(cost.always)}.${pays}`;
  }
  if (precision === undefined || recall === undefined) return say`${from}.`;
  return say`${from}: of 100 alarms ${strong(ofHundred(1 - precision))} are false, and of 100 ${rowsWithLabel(data, positiveLabel(data))} ${strong(ofHundred(1 - recall))} are missed.`;
}

function simpleEnough(data: ReportData): Sentence {
  const simpler = data.simpler;
  const { label } = data.metric;
  if (data.chosen.family === "baseline") {
    return say`${strong("No model was needed")}: none beat ${data.naive === undefined ? "the constant answer" : "the naive forecast"}.`;
  }
  if (simpler === undefined) return say`No simpler model was compared.`;
  if (simpler.name === data.chosen.name) {
    return say`${strong("Yes")}: the chosen model, ${name(data.chosen.name)}, is itself a simple one.`;
  }
  const best = data.leaderboard.find((entry) => entry.name === data.chosen.name);
  const { difference } = simpler;
  const scores = [{ value: simpler.score }, ...(best === undefined ? [] : [best.score]), difference];
  const decimals = estimateDecimals(scores);
  const interval =
    difference.low === undefined || difference.high === undefined
      ? ""
      : ` (${range(difference.low, difference.high, decimals)})`;
  const against = best === undefined ? "" : ` against ${fixed(best.score.value, decimals)}`;
  if (difference.value < 0) {
    const { low, high } = difference;
    const span = low === undefined || high === undefined ? "" : ` (${range(-high, -low, decimals)})`;
    return say`${strong("Yes")}: ${name(simpler.name)} is ahead by ${label} ${fixed(-difference.value, decimals)}${span} on the test ${noun(data).many}; the ${noun(data).many} that chose the model had ${name(data.chosen.name)} ahead.`;
  }
  const gap = `a difference of ${fixed(difference.value, decimals)}${interval}`;
  return simpler.withinNoise
    ? say`${strong("Yes")}: ${name(simpler.name)} reaches ${label} ${fixed(simpler.score, decimals)}${against}, ${gap} that is within the noise.`
    : say`${strong("No")}: the best simple model, ${name(simpler.name)}, reaches ${label} ${fixed(simpler.score, decimals)}${against}, ${gap}, more than noise.`;
}
