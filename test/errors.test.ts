/** docs/errors.md and the closed list of codes agree, both ways, and no code is unused. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { errorCodes } from "../src/core/index.ts";

const root = join(import.meta.dirname, "..");

test("every code is explained in docs/errors.md, and nothing else is", () => {
  const doc = readFileSync(join(root, "docs/errors.md"), "utf8");
  const documented = [...doc.matchAll(/^\| `([A-Z_]+)` \|/gm)].map((match) => match[1]!);
  expect(documented.toSorted()).toEqual(errorCodes.toSorted());
});

test("every code is raised somewhere", () => {
  const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts") && !file.endsWith("core/errors.ts"))
    .map((file) => readFileSync(join(root, "src", file), "utf8"))
    .join("\n");
  const unused = errorCodes.filter((code) => !sources.includes(`"${code}"`));
  expect(unused).toEqual([]);
});
