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
  /** Whether a training was ended before its time, so that the command makes another file. Default false. */
  readonly cutShort?: boolean;
  /** File that the answers go to. */
  readonly answers: string;
}

export function printSavedRun(lines: SavedRunLines): void {
  const { model, out, source, reading, reproduce, cutShort = false, answers } = lines;
  const file = shellWord(model);
  const words = [...source, ...readingFlags(reading)].map(shellWord).join(" ");
  print(`report: ${join(out, "report.html")}`);
  if (cutShort)
    print("The training was stopped before its end, and no command stops at the same step again.");
  print(
    `${dim(cutShort ? "again, to the end:" : "again, same file:")} ${reproduce}${out === "." ? "" : ` --out ${shellWord(out)}`}`,
  );
  print(`${dim("next:")} npx millwright inspect ${file}`);
  print(`${dim("next:")} npx millwright predict ${file} ${words} -o ${answers}`);
}
