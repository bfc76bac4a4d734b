/** A small table as columns of cells, as they stand in a CSV file: what defects are planted into. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { Random } from "../../src/core/index.ts";

export type Columns = ReadonlyMap<string, readonly string[]>;

/** Columns of a CSV file, packed or not; commas between fields, quotes doubled inside quotes. */
export function readColumns(path: string): Columns {
  const bytes = readFileSync(path);
  const rows = parse((path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8"));
  const [names, ...cells] = rows;
  return new Map(names!.map((name, at) => [name, cells.map((row) => row[at] ?? "")]));
}

export function writeCsv(columns: Columns): string {
  const names = [...columns.keys()];
  const cells = [...columns.values()];
  const lines = [names.map(quoted).join(",")];
  for (let row = 0; row < rowCountOf(columns); row++)
    lines.push(cells.map((column) => quoted(column[row]!)).join(","));
  return `${lines.join("\n")}\n`;
}

export function rowCountOf(columns: Columns): number {
  return columns.values().next().value!.length;
}

/** The rows at some places, in that order. */
export function rowsAt(columns: Columns, places: readonly number[]): Columns {
  return new Map([...columns].map(([name, cells]) => [name, places.map((place) => cells[place]!)]));
}

/** 0 … count − 1 in an order of chance. */
export function shuffled(count: number, random: Random): number[] {
  const out = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    [out[i], out[j]] = [out[j]!, out[i]!];
  }
  return out;
}

function quoted(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function parse(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (const match of text.matchAll(/(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r?\n|$)/g)) {
    if (match.index === text.length && row.length === 0) break;
    row.push(match[1]?.replaceAll('""', '"') ?? match[2]!);
    if (match[3] === ",") continue;
    rows.push(row);
    row = [];
  }
  return rows;
}
