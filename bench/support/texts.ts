/** Labelled texts of the benchmarks: messages and news, and their folds. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import {
  category,
  defineSchema,
  type Frame,
  type StringCells,
  takeRows,
  text,
} from "../../src/schema/index.ts";

export interface Texts {
  readonly labels: readonly string[];
  readonly texts: readonly string[];
}

export const foldCount = 5;

/** SMS spam: label and text a line. */
export function readMessages(folder: string): Texts {
  const cells = linesOf(join(folder, "sms-spam.tsv.gz")).map((line) => line.replace(/\r$/, "").split("\t"));
  return { labels: cells.map(([label]) => label!), texts: cells.map((row) => row.slice(1).join("\t")) };
}

/** AG News: lines of quoted topic, title and description, quotes doubled; the last two as one text. */
export function readNews(folder: string): Texts {
  const cells = linesOf(join(folder, "ag-news-7600.csv.gz")).map((line) =>
    [...line.matchAll(/"((?:[^"]|"")*)"(?:,|$)/g)].map((match) => match[1]!.replaceAll('""', '"')),
  );
  return { labels: cells.map((row) => row[0]!), texts: cells.map((row) => `${row[1]} ${row[2]}`) };
}

function linesOf(path: string): string[] {
  return gunzipSync(readFileSync(path)).toString("utf8").trimEnd().split("\n");
}

/** One fold by row index: the rows to learn from, and the rows asked with their labels. */
export function foldOf({ labels, texts }: Texts, fold: number) {
  const classes = [...new Set(labels)].sort();
  const schema = defineSchema({ text: text(), label: category({ role: "target", labels: classes }) });
  const frame: Frame = {
    schema,
    rowCount: texts.length,
    columns: new Map([
      ["text", coded(texts)],
      ["label", coded(labels)],
    ]),
  };
  const rows = (inside: boolean): Uint32Array =>
    Uint32Array.from(texts.keys()).filter((i) => (i % foldCount === fold) === inside);
  const asked = rows(true);
  return {
    schema,
    classes,
    train: takeRows(frame, rows(false)),
    test: takeRows(frame, asked),
    answers: Array.from(asked, (row) => labels[row]!),
  };
}

function coded(values: readonly string[]): StringCells {
  const dictionary = [...new Set(values)];
  const place = new Map(dictionary.map((value, code) => [value, code]));
  return { type: "string", codes: Int32Array.from(values, (value) => place.get(value)!), dictionary };
}

/** Share of rows whose largest score is that of their label. @param scores - [row, class]. */
export function accuracyOf(
  scores: ArrayLike<number>,
  classes: readonly string[],
  answers: readonly string[],
): number {
  let right = 0;
  answers.forEach((label, i) => {
    const own = classes.map((_, k) => scores[i * classes.length + k]!);
    right += Number(classes[own.indexOf(Math.max(...own))] === label);
  });
  return right / answers.length;
}

/** Two labels with words of their own and words that they share. */
export function inventedTexts(): Texts {
  const sounds = ["ka", "lo", "mi", "ru", "te", "no"];
  const word = (i: number): string => sounds[i % 6]! + sounds[Math.floor(i / 6) % 6]! + sounds[(i * 5) % 6]!;
  const labels = Array.from({ length: 300 }, (_, i) => ["a", "b"][i % 2]!);
  const texts = labels.map((label, i) =>
    Array.from({ length: 12 }, (_, k) => word(((i * 7 + k * k * 3) % 24) + (label === "a" ? 0 : 8))).join(
      " ",
    ),
  );
  return { labels, texts };
}
