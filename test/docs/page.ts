/**
 * A page of the documentation, run in a folder of its own: commands by the built
 * program, TypeScript by Node with the package found by its name, as a user has it.
 */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Snippet } from "./snippets.ts";

const root = join(import.meta.dirname, "../..");
const program = join(root, "dist/cli/main.js");

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where a page's snippets run. Inside the package, so that Node finds `millwright/…` by the package's own name. */
export interface Folder {
  readonly path: string;
  /** Runs a command line in a shell; `npx millwright` is the built program. */
  shell(command: string): Promise<Ended>;
  /** Runs a `ts` snippet. */
  script(snippet: Snippet): Promise<Ended>;
  /** Type-checks all `ts` snippets. */
  typeCheck(snippets: readonly Snippet[]): Promise<Ended>;
  remove(): void;
}

const nameOf = (snippet: Snippet): string => `line-${snippet.line}.ts`;

/** Makes a page's folder. */
export function makeFolder(): Folder {
  const path = mkdtempSync(join(root, "test/tmp-docs-"));
  const bin = join(path, "bin");
  mkdirSync(bin);
  writeFileSync(
    join(bin, "npx"),
    `#!/bin/sh\n[ "$1" = millwright ] || { echo "no program of ours: $1" >&2; exit 127; }\nshift\nexec "${process.execPath}" "${program}" "$@"\n`,
    { mode: 0o755 },
  );
  const run = (command: string, args: readonly string[]): Promise<Ended> =>
    new Promise((resolve, reject) => {
      const env = { ...process.env, PATH: `${bin}:${process.env["PATH"]}`, NO_COLOR: "1" };
      const child = spawn(command, args, { cwd: path, env, stdio: ["ignore", "pipe", "pipe"] });
      let [stdout, stderr] = ["", ""];
      child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
      child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
      child.on("error", reject);
      child.on("close", (code) => resolve({ code, stdout, stderr }));
    });
  return {
    path,
    shell: (command) => run("sh", ["-c", command]),
    script(snippet) {
      writeFileSync(join(path, nameOf(snippet)), snippet.text);
      return run(process.execPath, ["--import", "tsx", nameOf(snippet)]);
    },
    typeCheck(snippets) {
      for (const snippet of snippets) {
        writeFileSync(join(path, nameOf(snippet)), `${snippet.text}\n${claimedTypes(snippet.text)}`);
      }
      // The built package by its name, as a user has it.
      const compilerOptions = { paths: {} };
      const settings = { extends: "../../tsconfig.json", compilerOptions, include: ["*.ts"], exclude: [] };
      writeFileSync(join(path, "tsconfig.json"), JSON.stringify(settings));
      return run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", "."]);
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** Assertions for comments of the form `// name: type`, which tell the reader a type. */
export function claimedTypes(text: string): string {
  const claims = [...text.matchAll(/^\/\/ (\w+): (.+)$/gm)];
  if (claims.length === 0) return "";
  const same =
    "type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;";
  return [same, ...claims.map(([, name, type]) => `true satisfies Same<typeof ${name}, ${type}>;`), ""].join(
    "\n",
  );
}
