/** What a broken input is: files, a command on them, and the one error that must come. */
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { ErrorCode } from "../../src/core/index.ts";
import { createRandom } from "../../src/core/index.ts";

export interface BadInput {
  readonly name: string;
  /** Contents by name in a fresh folder; `null` makes a folder. */
  readonly files?: Readonly<Record<string, string | Uint8Array | null>>;
  /** Modes by name, set once the files are there. */
  readonly modes?: Readonly<Record<string, number>>;
  /** The command line; a word that starts with "./", or follows "=./", lies in the fresh folder. */
  readonly command: readonly string[];
  /** Environment variables while it runs; "web:/" is the web server of the tests. */
  readonly environment?: Readonly<Record<string, string>>;
  /** An optional package without which another error would come first. */
  readonly needs?: string;
  readonly code: ErrorCode;
  /** What the message must hold: object, numbers, fix. */
  readonly says: readonly string[];
}

/** Makes the files of a case in a folder. */
export function makeFiles(folder: string, { files = {}, modes = {} }: BadInput): void {
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(content === null ? path : dirname(path), { recursive: true });
    if (content !== null) writeFileSync(path, content);
  }
  for (const [name, mode] of Object.entries(modes)) chmodSync(join(folder, name), mode);
}

/** The command line with its paths in a folder, and "web:/" as the web server of the tests. */
export function placed(folder: string, command: readonly string[], origin = ""): string[] {
  return command.map((word) => word.replace(/^\.\//, `${folder}/`).replace(/^web:/, origin));
}

/** A small table that trains: two numbers, a category, and a target that they tell. */
export function goodTable(
  rowCount = 60,
  extra: Readonly<Record<string, (row: number) => string>> = {},
): string {
  const random = createRandom(7);
  const names = Object.keys(extra);
  const lines = [["size", "age", "colour", "price", ...names].join(",")];
  for (let row = 0; row < rowCount; row++) {
    const size = 20 + Math.floor(80 * random.next());
    const age = Math.floor(40 * random.next());
    const colour = ["red", "green", "blue"][random.integer(3)]!;
    const price = (3 * size - 2 * age + 10 * random.normal()).toFixed(2);
    lines.push([size, age, colour, price, ...names.map((name) => extra[name]!(row))].join(","));
  }
  return `${lines.join("\n")}\n`;
}

/** `train` on `./data.csv` with a target, into `./out`. */
export function train(...more: readonly string[]): readonly string[] {
  return ["train", "./data.csv", "--target", "price", "--budget", "1", "--out", "./out", ...more];
}
