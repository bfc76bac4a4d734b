/**
 * Runs commands for tests: in this process, which is quick, or as a process of the
 * built program, which is what users run.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand } from "../src/cli/program.ts";

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The built program. */
export const builtProgram = join(import.meta.dirname, "../dist/cli/main.js");

/** Runs a command line in this process and catches what it prints. */
export async function runHere(words: readonly string[]): Promise<Ran> {
  const written = { stdout: "", stderr: "" };
  const { stdout, stderr } = process;
  const kept = { stdout: stdout.write.bind(stdout), stderr: stderr.write.bind(stderr) };
  const into = (stream: "stdout" | "stderr") =>
    ((text: string | Uint8Array) => {
      written[stream] += typeof text === "string" ? text : Buffer.from(text).toString();
      return true;
    }) as typeof stdout.write;
  stdout.write = into("stdout");
  stderr.write = into("stderr");
  try {
    return { code: await runCommand(words), ...written };
  } finally {
    stdout.write = kept.stdout;
    stderr.write = kept.stderr;
  }
}

/** A started process of the built program. */
export interface Running {
  readonly process: ChildProcess;
  /** What it has written to stderr so far. */
  readonly stderr: () => string;
  readonly ended: Promise<Ran>;
}

/**
 * Starts the built program.
 *
 * @throws Error when it was not built: `npm test` builds first, `npx vitest` alone does not.
 */
export function startBuilt(
  words: readonly string[],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Running {
  if (!existsSync(builtProgram))
    throw new Error(`${builtProgram} is not there. Run \`npm run build\` first.`);
  const child = spawn(process.execPath, [builtProgram, ...words], {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const ended = new Promise<Ran>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
  return { process: child, stderr: () => stderr, ended };
}

/** Runs the built program to its end. */
export function runBuilt(words: readonly string[], options?: Parameters<typeof startBuilt>[1]): Promise<Ran> {
  return startBuilt(words, options).ended;
}

/** A fresh folder that is removed at the end of the scope. */
export function temporaryFolder(): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), "millwright-test-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
