/** docs/cli.md tells the truth about commands and flags, and no message names a flag that does not exist. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runHere } from "./cli.ts";

const root = join(import.meta.dirname, "..");
const page = readFileSync(join(root, "docs/cli.md"), "utf8");
const sections = new Map(
  page
    .split(/^## /m)
    .slice(1)
    .map((text) => [text.slice(0, text.indexOf("\n")), text]),
);

/** Flags in the first cells of a section's table. */
const flagsOf = (section: string): string[] =>
  [...sections.get(section)!.matchAll(/^\| `-[^|]*\|/gm)].flatMap((row) => row[0].match(/--[a-z][a-z-]*/g)!);

/** Of a command that only groups others: the one that does the work. */
const inner: Readonly<Record<string, readonly string[]>> = { data: ["diff"] };

const helpFlags = async (command: string): Promise<string[]> => {
  const { stdout, code } = await runHere([command, ...(inner[command] ?? []), "--help"]);
  expect(code).toBe(0);
  return [...stdout.matchAll(/^ {2}(?:-\w, )?(--[a-z][a-z-]*)/gm)].map((match) => match[1]!);
};

const { stdout: help } = await runHere(["--help"]);
const commands = [...help.matchAll(/^ {2}([a-z]+) (?:\[options\]| {2,})/gm)].map((match) => match[1]!);

describe("docs/cli.md", () => {
  test("has a section for every command, and for nothing else", () => {
    expect(commands).toEqual([
      "look",
      "check",
      "data",
      "train",
      "cluster",
      "predict",
      "evaluate",
      "inspect",
      "types",
      "eject",
      "demo",
      "doctor",
    ]);
    expect([...sections.keys()]).toEqual(["Sources", ...commands, "JSON"]);
  });

  test.each(commands)("lists the flags of %s", async (command) => {
    const shared = ["look", "check", "data", "train", "cluster", "predict", "evaluate"].includes(command)
      ? flagsOf("Sources")
      : [];
    expect([...flagsOf(command), ...shared, "--help"].sort()).toEqual((await helpFlags(command)).sort());
  });

  test("names schemas that are there, and all of them", () => {
    const named = new Set([...page.matchAll(/schemas\/([a-z]+)\.json/g)].map((match) => `${match[1]}.json`));
    expect([...named].sort()).toEqual(readdirSync(join(root, "docs/schemas")).sort());
    expect(existsSync(join(root, "docs/errors.md"))).toBe(true);
  });
});

test("every flag that a message or a finding names exists", async () => {
  const known = new Set(["--help"]);
  for (const command of commands) for (const flag of await helpFlags(command)) known.add(flag);
  // Words of Node and npm; the report's style sheet has names of its own that begin with two dashes.
  const others = new Set(["--import", "--input-type", "--omit"]);
  const files = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" }).filter(
    (file) => /\.ts$/.test(file) && !/\.test\.ts$|\.as\.ts$/.test(file) && !file.startsWith("report"),
  );
  expect(files.length).toBeGreaterThan(200);
  const named = files.flatMap((file) => {
    const text = readFileSync(join(root, "src", file), "utf8").replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
    const strings = text.match(/"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g) ?? [];
    return strings.flatMap((string) =>
      [...string.matchAll(/(?<![\w-])--[a-z][a-z-]*/g)].map(([flag]) => ({ file, flag })),
    );
  });
  expect(named.length).toBeGreaterThan(100);
  expect(named.filter(({ flag }) => !known.has(flag) && !others.has(flag))).toEqual([]);
});
