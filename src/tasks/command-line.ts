/** What is typed to make the same file again. */
import { shellWord } from "../data/index.ts";

/** A word; or a flag and its value, which is undefined where the flag is not given. */
export type CommandPart = string | readonly [flag: string, value: string | number | undefined];

/** @param command - Of the program: `train`. */
export function commandLine(command: string, parts: readonly CommandPart[]): string {
  const words = parts.flatMap((part) => {
    if (typeof part === "string") return [shellWord(part)];
    const [flag, value] = part;
    return value === undefined ? [] : [flag, shellWord(String(value))];
  });
  return ["npx millwright", command, ...words].join(" ");
}

/** Names between commas; "none" for none of them. */
export const someOrNone = (names: readonly string[] | undefined): string | undefined =>
  names?.length === 0 ? "none" : names?.join(",");
