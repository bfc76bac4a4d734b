/** docs/ops.md says what the code does. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { opsPage } from "../scripts/ops-page.ts";
import { supportedOps } from "../src/graph/index.ts";

test("docs/ops.md is up to date: npx tsx scripts/ops-page.ts", () => {
  const page = readFileSync(new URL("../docs/ops.md", import.meta.url), "utf8");
  expect(page).toBe(opsPage(supportedOps()));
});
