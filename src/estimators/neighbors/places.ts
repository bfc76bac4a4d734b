/**
 * Where rows stand for distances: their features less a centre, and the range in which a feature is read.
 *
 * The centre is the middle of a feature's range, which keeps the digits of numbers that are far from 0. Of sparse rows
 * only a feature that is nowhere 0 has one: any other reaches from 0 to its largest, and keeps its digits as it is.
 */
import type { Matrix, SparseRows } from "../../features/index.ts";
import { type EvenRows, evenRows } from "./even-rows.ts";

export interface Places {
  /** Features less `center`: row-major [rowCount, featureCount], or only what is not 0. */
  readonly rows: Float64Array | EvenRows;
  readonly center: Float64Array;
  /** A feature is read no lower and no higher: a hundred ranges beyond what was seen. */
  readonly low: Float64Array;
  readonly high: Float64Array;
  /** Squared distance that two rows have in the mean. */
  readonly usual: number;
}

export function placesOf(x: Matrix): Places {
  return x.sparse === undefined ? densePlaces(x) : sparsePlaces(x.sparse);
}

function densePlaces({ rowCount: n, columns }: Matrix): Places {
  const p = columns.length;
  const center = new Float64Array(p);
  const low = new Float64Array(p);
  const high = new Float64Array(p);
  const rows = new Float64Array(n * p);
  let usual = 0;
  columns.forEach((column, j) => {
    let least = Infinity;
    let most = -Infinity;
    for (const v of column) {
      least = Math.min(least, v);
      most = Math.max(most, v);
    }
    center[j] = least / 2 + most / 2;
    low[j] = least - 100 * (most - least);
    high[j] = most + 100 * (most - least);
    let mean = 0;
    let squares = 0;
    for (let i = 0; i < n; i++) {
      rows[i * p + j] = column[i]! - center[j]!;
      mean += rows[i * p + j]! / n;
    }
    for (let i = 0; i < n; i++) squares += (rows[i * p + j]! - mean) ** 2 / n;
    usual += 2 * squares;
  });
  return { rows, center, low, high, usual };
}

function sparsePlaces(rows: SparseRows): Places {
  const { columnCount: p, starts, index, values } = rows;
  const n = starts.length - 1;
  const counts = new Uint32Array(p);
  const least = new Float64Array(p).fill(Infinity);
  const most = new Float64Array(p).fill(-Infinity);
  for (let at = 0; at < index.length; at++) {
    const j = index[at]!;
    counts[j]!++;
    least[j] = Math.min(least[j]!, values[at]!);
    most[j] = Math.max(most[j]!, values[at]!);
  }
  const center = new Float64Array(p);
  for (let j = 0; j < p; j++) {
    if (counts[j] === n && (least[j]! > 0 || most[j]! < 0)) {
      center[j] = least[j]! / 2 + most[j]! / 2;
    } else {
      least[j] = Math.min(least[j]!, 0);
      most[j] = Math.max(most[j]!, 0);
    }
  }
  const mean = new Float64Array(p);
  for (let at = 0; at < index.length; at++) mean[index[at]!]! += (values[at]! - center[index[at]!]!) / n;
  let usual = 0;
  for (let at = 0; at < index.length; at++)
    usual += (2 * (values[at]! - center[index[at]!]! - mean[index[at]!]!) ** 2) / n;
  for (let j = 0; j < p; j++) usual += (2 * (n - counts[j]!) * mean[j]! ** 2) / n;
  return {
    rows: evenRows(rows, center),
    center,
    low: least.map((v, j) => v - 100 * (most[j]! - v)),
    high: most.map((v, j) => v + 100 * (v - least[j]!)),
    usual,
  };
}
