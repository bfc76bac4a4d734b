/**
 * `--help` stays fast because nothing heavy is imported before a command runs: the static
 * imports of the built program, followed to their ends, are commander and a few small files.
 */
import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, test } from "vitest";
import { builtProgram, runBuilt } from "./cli.ts";

const dist = join(dirname(builtProgram), "..");

/** Files and packages that a built file imports before its first line runs, with theirs. */
function staticImports(start: string): { readonly files: Set<string>; readonly packages: Set<string> } {
  const files = new Set<string>();
  const packages = new Set<string>();
  const visit = (file: string): void => {
    if (files.has(file)) return;
    files.add(file);
    const text = readFileSync(file, "utf8").replace(/\/\*[\s\S]*?\*\//g, "");
    for (const match of text.matchAll(/^\s*(?:import|export)\s(?:[^;'"]*?\sfrom\s)?["']([^"']+)["']/gm)) {
      const specifier = match[1]!;
      if (specifier.startsWith(".")) visit(join(dirname(file), specifier));
      else packages.add(specifier);
    }
  };
  visit(start);
  return { files, packages };
}

test("the program imports commander, core and its own small files, and nothing else", () => {
  const { files, packages } = staticImports(builtProgram);
  const names = [...files].map((file) => relative(dist, file));
  expect(names).toContain("cli/program.js");
  expect(
    names.filter(
      (name) =>
        !/^(core\/[a-z-]+|cli\/(main|program|options|media-names|run|terminal|version))\.js$/.test(name),
    ),
  ).toEqual([]);
  expect([...packages].filter((name) => name !== "commander" && !name.startsWith("node:"))).toEqual([]);
});

test("the walk sees imports: a command's own reach DuckDB's and ONNX Runtime's owners", () => {
  const { files } = staticImports(join(dist, "cli/commands/train.js"));
  const folders = new Set([...files].map((file) => relative(dist, file).split("/")[0]));
  expect([...folders]).toEqual(expect.arrayContaining(["data", "runtime", "tasks"]));
});

test("--help of every command runs on commander alone", async () => {
  for (const command of ["look", "train", "predict", "evaluate", "inspect", "types", "demo", "doctor"]) {
    const { code, stdout } = await runBuilt([command, "--help"]);
    expect(code).toBe(0);
    expect(stdout).toContain(`Usage: millwright ${command}`);
  }
});
