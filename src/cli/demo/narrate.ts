/** A narrated run: numbered steps, each with one sentence on what an engineer decides there and why. */
import { bold, print } from "../terminal.ts";

export interface Step {
  readonly title: string;
  /** One plain sentence. */
  readonly decision: string;
  /** What came out in this run. */
  readonly seen: readonly string[];
}

/** Prints the steps one after the other; nothing where the user asked for JSON. */
export function narrator(quiet: boolean): (step: Step) => void {
  let count = 0;
  return ({ title, decision, seen }) => {
    if (quiet) return;
    count++;
    print(bold(`${count}. ${title}`));
    for (const line of wrapped(decision)) print(line);
    for (const line of seen) print(`   ${line}`);
    print();
  };
}

const width = 100;

function wrapped(sentence: string): string[] {
  const lines: string[] = [];
  for (const word of sentence.split(" ")) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
