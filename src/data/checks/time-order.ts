/**
 * Tables in which time matters: the rows stand in its order, or the target drifts with it. A random split would
 * train on the future and hide what that costs.
 */
import type { Frame, NumberCells } from "../../schema/index.ts";
import { type Finding, shellWord } from "../finding.ts";
import { binRows } from "../profile/bins.ts";
import { commonClasses, relationOfBins } from "../profile/relation.ts";
import { type ProfileTarget, thinTarget } from "../profile/target.ts";

const maxRows = 20_000;
/** Serial correlation from which neighbours in time are too alike, and its standard errors from chance. */
const drifts = { correlation: 0.2, errors: 6 } as const;
/** What time alone predicts: 2·AUC − 1 of classes, R² of numbers. Both are measured on rows not looked at. */
const slow = { classes: 0.4, numbers: 0.2 } as const;

/** @param values - A datetime column; NaN is missing. */
export function timeOrder(name: string, values: Float64Array): Finding | undefined {
  let forward = 0;
  let backward = 0;
  let steps = 0;
  let changes = 0;
  let last = Number.NaN;
  for (const value of values) {
    if (value !== value) continue;
    if (last === last) {
      steps++;
      if (value >= last) forward++;
      if (value <= last) backward++;
      if (value !== last) changes++;
    }
    last = value;
  }
  if (steps < 50 || changes < 10) return undefined;
  const ordered = Math.max(forward, backward) / steps;
  if (ordered < 0.99) return undefined;
  const evidence = `The rows stand in the order of ${name}: a later row may not train what predicts an earlier one.`;
  return hint(name, evidence, { ordered });
}

/**
 * A target that follows a datetime though the rows do not stand in its order.
 *
 * The ranks of the target are read in the order of time; neighbours that differ less than rows taken at random
 * show a drift. Source: Bartels 1982, "The rank version of von Neumann's ratio test for randomness"; under
 * randomness the ratio has mean 2 and variance 4/n.
 */
export function timeDrift(frame: Frame, name: string, target: ProfileTarget): Finding | undefined {
  const cells = frame.columns.get(name)!;
  if (cells.type !== "number") return undefined;
  const small = thinTarget(target, maxRows);
  const times = Float64Array.from(small.rows, (row) => cells.values[row]!);
  const answers = small.task === "regression" ? ranks(small.values) : commonest(small);
  const order = Uint32Array.from(times.keys())
    .filter((i) => !Number.isNaN(times[i]!))
    // Rows of the same time in an order of chance, not that of the table.
    .sort((a, b) => times[a]! - times[b]! || ((a * 2654435761) >>> 0) - ((b * 2654435761) >>> 0));
  const n = order.length;
  if (n < 100) return undefined;
  let mean = 0;
  for (const i of order) mean += answers[i]!;
  mean /= n;
  let total = 0;
  let steps = 0;
  for (let at = 0; at < n; at++) {
    total += (answers[order[at]!]! - mean) ** 2;
    if (at > 0) steps += (answers[order[at]!]! - answers[order[at - 1]!]!) ** 2;
  }
  if (total === 0) return undefined;
  const correlation = 1 - steps / total / 2;
  const errors = correlation * Math.sqrt(n);
  if (correlation < drifts.correlation || errors < drifts.errors) {
    return slowDrift(name, { type: "number", values: times }, small);
  }
  const evidence = `${target.name} drifts with ${name}: rows that follow each other in time have a serial correlation of ${correlation.toFixed(2)}, ${errors.toFixed(0)} standard errors from none.`;
  return hint(name, evidence, { correlation, errors });
}

/** A rare class that becomes commoner hardly shows between neighbours, but between parts of the time. */
function slowDrift(name: string, times: NumberCells, target: ProfileTarget): Finding | undefined {
  const rows = Uint32Array.from(target.rows.keys());
  const bins = binRows(times, rows, Math.max(4, Math.min(32, Math.floor(rows.length / 25))));
  const score = relationOfBins(bins, { ...target, rows });
  if (score < (target.task === "classification" ? slow.classes : slow.numbers)) return undefined;
  const evidence = `${target.name} drifts with ${name}, which alone predicts it with a score of ${score.toFixed(3)} of 1.`;
  return hint(name, evidence, { score });
}

function hint(name: string, evidence: string, numbers: Record<string, number>): Finding {
  const undo = `--time-column ${shellWord(name)}`;
  return { kind: "timeOrder", column: name, evidence, effect: "hint", undo, numbers };
}

/** 1 where a row has the commonest class. */
function commonest(target: ProfileTarget & { readonly task: "classification" }): Float64Array {
  const [label] = commonClasses(target.codes, target.labels.length);
  return Float64Array.from(target.codes, (code) => (code === label ? 1 : 0));
}

/** Places in ascending order; ties share their first place, which serves here as well as their mean. */
function ranks(values: Float64Array): Float64Array {
  const order = Uint32Array.from(values.keys()).sort((a, b) => values[a]! - values[b]!);
  const out = new Float64Array(values.length);
  for (let at = 0; at < order.length; at++) {
    const tied = at > 0 && values[order[at]!] === values[order[at - 1]!];
    out[order[at]!] = tied ? out[order[at - 1]!]! : at;
  }
  return out;
}
