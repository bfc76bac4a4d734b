/** The last lines of a run that leaves files: where they lie, what makes them again, and what to do next. */
import { join } from "node:path";
import { type Reading, readingFlags, shellWord } from "../data/index.ts";
import { dim, print } from "./terminal.ts";

export interface SavedRunLines {
  /** Path of the model file. */
  readonly model: string;
  readonly out: string;
  readonly source: readonly string[];
  readonly reading: Reading;
  /** The command that makes the same file. */
  readonly reproduce: string;
  /** File that the answers go to. */
  readonly answers: string;
}

export function printSavedRun({ model, out, source, reading, reproduce, answers }: SavedRunLines): void {
  const file = shellWord(model);
  const words = [...source, ...readingFlags(reading)].map(shellWord).join(" ");
  print(`report: ${join(out, "report.html")}`);
  print(`${dim("again, same file:")} ${reproduce}${out === "." ? "" : ` --out ${shellWord(out)}`}`);
  print(`${dim("next:")} npx millwright inspect ${file}`);
  print(`${dim("next:")} npx millwright predict ${file} ${words} -o ${answers}`);
}
