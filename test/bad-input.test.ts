/**
 * Broken inputs: each ends with exit code 1 and exactly one error, whose message
 * names the object, the numbers and the fix; nothing half-written is left.
 */
import { readdirSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { type BadInput, makeFiles, placed } from "./bad-input/case.ts";
import { badChecks } from "./bad-input/checks.ts";
import { badModels } from "./bad-input/models.ts";
import { badOptions } from "./bad-input/options.ts";
import { badOutputs } from "./bad-input/outputs.ts";
import { badMysql, badSources } from "./bad-input/sources.ts";
import { badTables } from "./bad-input/targets.ts";
import { badAddresses, badRoutes } from "./bad-input/web.ts";
import { startServer } from "../src/data/remote/testing/web-server.ts";
import { describeUnlessMissing, missingPackage } from "./needs.ts";
import { runHere, temporaryFolder } from "./cli.ts";

const server = await startServer(badRoutes);
afterAll(() => server[Symbol.asyncDispose]());

const groups = { badSources, badAddresses, badTables, badOptions, badModels, badOutputs, badChecks };

for (const [name, cases] of Object.entries(groups)) {
  describe(name, () => {
    for (const needed of new Set(cases.map((item) => item.needs))) {
      const some = cases.filter((item) => item.needs === needed);
      const refused = (): void =>
        test.each(some.map((item) => [item.name, item] as const))(
          "%s",
          async (_, item) => await refuses(item),
        );
      if (needed === undefined) refused();
      else describeUnlessMissing(`with ${needed}`, missingPackage(needed), refused);
    }
  });
}

const mysql = process.env["MILLWRIGHT_TEST_MYSQL"];
const noMysql = mysql === undefined ? "MILLWRIGHT_TEST_MYSQL names no server" : missingPackage("mysql2");
describeUnlessMissing("badMysql", noMysql, () => {
  test.each(badMysql(mysql!).map((item) => [item.name, item] as const))("%s", async (_, item) => {
    await refuses(item);
  });
});

test("there are more than a hundred, each with a name of its own", () => {
  const names = Object.values(groups).flatMap((cases) => cases.map((item) => item.name));
  expect(new Set(names).size).toBe(names.length);
  expect(names.length).toBeGreaterThan(100);
});

async function refuses(item: BadInput): Promise<void> {
  using folder = temporaryFolder();
  makeFiles(folder.path, item);
  const before = filesIn(folder.path);
  using _environment = withEnvironment(item.environment ?? {});
  const { code, stdout, stderr } = await runHere(placed(folder.path, item.command, server.origin));
  const said = stderr.split("\n").filter((line) => /^(error|defect): /.test(line));
  expect(said, stderr).toHaveLength(1);
  expect(code, stderr).toBe(1);
  expect(said[0]).toMatch(/^error: \S.*[.?`…] .*\. \[[A-Z_]+\]$/s);
  expect(said[0], stderr).toContain(`[${item.code}]`);
  for (const word of item.says) expect(said[0]).toContain(word);
  expect(said[0]!.length, "a message is not a page").toBeLessThan(700);
  expect(stdout).toBe("");
  expect(stderr, "a secret").not.toContain("secret-word");
  expect(filesIn(folder.path)).toEqual(before);
}

/** Files, hidden ones too; an empty output folder does not count. */
function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`)
    .sort();
}

/** Sets environment variables until the end of the scope. */
function withEnvironment(values: Readonly<Record<string, string>>): Disposable {
  const before = Object.keys(values).map((name) => [name, process.env[name]] as const);
  for (const [name, value] of Object.entries(values)) {
    process.env[name] = value.replace(/^web:/, server.origin);
  }
  return {
    [Symbol.dispose]: () => {
      for (const [name, value] of before) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
    },
  };
}
