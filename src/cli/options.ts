/** Reads what is typed after a flag: durations, sizes, column overrides, lists. */
import { MillwrightError } from "../core/index.ts";

/** "60s", "5m", "1h" or plain seconds, as seconds. */
export function seconds(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(s|m|h)?$/.exec(text.trim());
  const value = match
    ? Number(match[1]) * { s: 1, m: 60, h: 3600 }[(match[2] ?? "s") as "s" | "m" | "h"]
    : NaN;
  if (!(value > 0)) throw refused("a duration", text, "Write it as 60s, 5m or 1h.");
  return value;
}

/** A number in a range. */
export function numberIn(flag: string, min: number, max: number, whole = false): (text: string) => number {
  return (text) => {
    const value = text.trim() === "" ? NaN : Number(text);
    if (!(value >= min && value <= max) || (whole && !Number.isInteger(value))) {
      const range = max === Infinity ? `of at least ${min}` : `from ${min} to ${max}`;
      throw refused(flag, text, `Give ${whole ? "a whole number" : "a number"} ${range}.`);
    }
    return value;
  };
}

/** One of some words. */
export function oneOf<const T extends string>(flag: string, words: readonly T[]): (text: string) => T {
  return (text) => {
    if (!(words as readonly string[]).includes(text))
      throw refused(flag, text, `Choose from ${words.join(", ")}.`);
    return text as T;
  };
}

/** "a,b" given once or several times. */
export function list(text: string, before: readonly string[] = []): readonly string[] {
  return [
    ...before,
    ...text
      .split(",")
      .map((item) => item.trim())
      .filter((item) => item !== ""),
  ];
}

/** "fp=1,fn=5": what a false alarm and a miss cost, in one unit. */
export function costs(text: string): { readonly falsePositive: number; readonly falseNegative: number } {
  const match = /^fp=(\d+(?:\.\d+)?),fn=(\d+(?:\.\d+)?)$/.exec(text.replaceAll(" ", ""));
  const [falsePositive, falseNegative] = [Number(match?.[1]), Number(match?.[2])];
  if (!(falsePositive > 0 && falseNegative > 0))
    throw refused("--cost", text, "Write it as fp=1,fn=5, both above 0.");
  return { falsePositive, falseNegative };
}

function refused(what: string, text: string, fix: string): MillwrightError {
  return new MillwrightError(
    "PARAMETER_RANGE",
    `${what} is ${JSON.stringify(text)}, which cannot be read.`,
    fix,
  );
}
