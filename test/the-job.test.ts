/** docs/the-job.md tells the truth: every command is one of ours, every test file is there. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..");
const rows = readFileSync(join(root, "docs/the-job.md"), "utf8")
  .split("\n")
  .filter((line) => line.startsWith("| ") && !line.startsWith("| responsibility"))
  .map(
    (line) =>
      line
        .split("|")
        .map((cell) => cell.trim())
        .slice(1, 4) as [string, string, string],
  );

test("every row names a command and a test, or says not yet", () => {
  expect(rows.length).toBeGreaterThan(25);
  const cli = readFileSync(join(root, "src/cli/program.ts"), "utf8");
  for (const [responsibility, door, shown] of rows) {
    if (door === "not yet") {
      expect(shown, responsibility).toBe("");
      continue;
    }
    const command = /^`millwright ([a-z]+)`$/.exec(door)?.[1];
    const folder = /^`millwright\/([a-z/]+)`$/.exec(door)?.[1];
    if (command !== undefined) expect(cli, responsibility).toContain(`.command("${command}")`);
    else
      expect(existsSync(join(root, "src", folder ?? "?", "index.ts")), `${responsibility}: ${door}`).toBe(
        true,
      );
    const file = /^`([^`]+)`$/.exec(shown)?.[1];
    expect(file !== undefined && existsSync(join(root, file)), `${responsibility}: ${shown}`).toBe(true);
  }
});
