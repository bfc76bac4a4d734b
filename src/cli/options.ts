/** Reads what is typed after a flag: durations, sizes, column overrides, lists. */
import { MillwrightError } from "../core/index.ts";

/** "60s", "5m", "1h" or plain seconds, as seconds; the longest is a day. */
export const seconds = secondsOf("--time");

/** The same for another flag. */
export function secondsOf(flag: string): (text: string) => number {
  return (text) => readSeconds(flag, text);
}

function readSeconds(flag: string, text: string): number {
  const match = /^(\d+(?:\.\d+)?)(s|m|h)?$/.exec(text.trim());
  const value = match
    ? Number(match[1]) * { s: 1, m: 60, h: 3600 }[(match[2] ?? "s") as "s" | "m" | "h"]
    : NaN;
  if (!(value > 0 && value <= 86_400))
    throw refused(flag, text, "Write it as 60s, 5m, 1h, or 90 for seconds; at most 24h.");
  return value;
}

/** "0.5ms", "2s" or plain milliseconds, as milliseconds. */
export function millisecondsOf(flag: string): (text: string) => number {
  return (text) => {
    const match = /^(\d+(?:\.\d+)?)\s*(us|ms|s)?$/.exec(text.trim());
    const value = match
      ? Number(match[1]) * { us: 1e-3, ms: 1, s: 1e3 }[(match[2] ?? "ms") as "us" | "ms" | "s"]
      : NaN;
    if (!(value > 0)) throw refused(flag, text, "Write it as 0.5ms, 200us, or 2 for milliseconds.");
    return value;
  };
}

/** "500MB", "2GB" or plain bytes, as bytes. */
export function bytesOf(flag: string): (text: string) => number {
  return (text) => {
    const match = /^(\d+(?:\.\d+)?)\s*(kB|MB|GB|TB|B)?$/i.exec(text.trim());
    const units: Readonly<Record<string, number>> = { b: 1, kb: 1e3, mb: 1e6, gb: 1e9, tb: 1e12 };
    const value = Math.floor(Number(match?.[1]) * units[(match?.[2] ?? "B").toLowerCase()]!);
    if (!(value > 0)) throw refused(flag, text, "Write it as 500MB or 2GB.");
    return value;
  };
}

/** A number in a range. */
export function numberIn(flag: string, min: number, max: number, whole = false): (text: string) => number {
  return (text) => {
    const value = text.trim() === "" ? NaN : Number(text);
    if (!(value >= min && value <= max) || (whole && !Number.isInteger(value))) {
      const range = max >= Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
      throw refused(flag, text, `Give ${whole ? "a whole number" : "a number"} ${range}.`);
    }
    return value;
  };
}

/** What another reader takes, or the word "auto", which is undefined. */
export function orAuto<T>(read: (text: string) => T): (text: string) => T | undefined {
  return (text) => (text.trim() === "auto" ? undefined : read(text));
}

/** One of some words. */
export function oneOf<const T extends string>(flag: string, words: readonly T[]): (text: string) => T {
  return (text) => {
    if (!(words as readonly string[]).includes(text))
      throw refused(flag, text, `Choose from ${words.join(", ")}.`);
    return text as T;
  };
}

/** "a,b" given once or several times; a comma inside a name is written "\\,". */
function list(text: string, before: readonly string[] = []): readonly string[] {
  return [
    ...before,
    ...text
      .split(/(?<!\\),/)
      .map((item) => item.replaceAll("\\,", ",").trim())
      .filter((item) => item !== ""),
  ];
}

/** "a,b" with at least one name in it. */
export function wordsOf(flag: string): (text: string, before?: readonly string[]) => readonly string[] {
  return (text, before) => {
    const words = list(text, before);
    if (words.length === 0) throw refused(flag, text, "Give one name or more, separated by commas.");
    return words;
  };
}

/** "a,b" of these words; "none" for none of them. */
export function someOf<const T extends string>(
  flag: string,
  words: readonly T[],
): (text: string) => readonly T[] {
  return (text) => {
    if (text.trim() === "none") return [];
    const given = list(text);
    const odd = given.find((word) => !(words as readonly string[]).includes(word));
    if (given.length === 0 || odd !== undefined)
      throw refused(flag, odd ?? text, `Choose from ${words.join(", ")}, or none.`);
    return given as readonly T[];
  };
}

/** "a.**,b" of patterns; "none" for none of them. */
export function patternsOf(flag: string): (text: string, before?: readonly string[]) => readonly string[] {
  const words = wordsOf(flag);
  return (text, before) => (text.trim() === "none" ? [] : words(text, before));
}

/** "0.5" or "0.485,0.456,0.406": one number or more, of at least `min`. */
export function numbersOf(flag: string, min = -Number.MAX_VALUE): (text: string) => readonly number[] {
  return (text) => {
    const numbers = text.split(",").map((item) => (item.trim() === "" ? NaN : Number(item)));
    if (numbers.every((value) => value >= min && Number.isFinite(value))) return numbers;
    throw refused(flag, text, `Give one number${min > 0 ? " above 0" : ""}, or several between commas.`);
  };
}

/** A single character; "\\t" is a tab. */
export function characterOf(flag: string, orNone = false): (text: string) => string {
  return (text) => {
    const character = text === "\\t" ? "\t" : text;
    if (character.length === 1 || (orNone && character === "")) return character;
    throw refused(flag, text, `Give one character${orNone ? ", or '' for none" : ""}.`);
  };
}

/** "20" rows, or "5%" of them. */
export function rowLimit(
  flag: string,
): (text: string) => { readonly rows: number } | { readonly share: number } {
  return (text) => {
    const match = /^(\d+(?:\.\d+)?)\s*(%?)$/.exec(text.trim());
    const value = Number(match?.[1]);
    if (match?.[2] === "%" && value <= 100) return { share: value / 100 };
    if (match?.[2] === "" && Number.isSafeInteger(value)) return { rows: value };
    throw refused(flag, text, "Give a number of rows as 20, or a share of them as 5%.");
  };
}

/** "fp=1,fn=5": what a false alarm and a miss cost, in one unit. */
export function costs(text: string): { readonly falsePositive: number; readonly falseNegative: number } {
  const match = /^fp=(\d+(?:\.\d+)?),fn=(\d+(?:\.\d+)?)$/.exec(text.replaceAll(" ", ""));
  const [falsePositive, falseNegative] = [Number(match?.[1]), Number(match?.[2])];
  if (!(falsePositive > 0 && falseNegative > 0))
    throw refused("--cost", text, "Write it as fp=1,fn=5, both above 0.");
  return { falsePositive, falseNegative };
}

/** "balanced", or "yes=5,no=1"; a comma or an equal sign inside a label is written with "\\" before it. */
export function classWeights(text: string): "balanced" | Readonly<Record<string, number>> {
  if (text.trim() === "balanced") return "balanced";
  const pairs = text.split(/(?<!\\),/).map((item) => /^(.+)(?<!\\)=([^=]+)$/.exec(item.trim()));
  const weights = pairs.map((match): [string, number] => [
    (match?.[1] ?? "").trim().replaceAll(/\\([,=])/g, "$1"),
    Number(match?.[2]),
  ]);
  const labels = new Set(weights.map(([label]) => label));
  if (weights.some(([label, weight]) => label === "" || !(weight > 0 && weight < Infinity)))
    throw refused("--class-weight", text, "Write balanced, or yes=5,no=1 with weights above 0.");
  if (labels.size < weights.length) throw refused("--class-weight", text, "Name every label once.");
  return Object.fromEntries(weights);
}

function refused(what: string, text: string, fix: string): MillwrightError {
  return new MillwrightError(
    "PARAMETER_RANGE",
    `${what} is ${JSON.stringify(text)}, which it does not take.`,
    fix,
  );
}

/** The flag of an option: `testSize` is `--test-size`. */
export const flagOf = (option: string): string =>
  `--${option.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
