/**
 * Every snippet of README.md and docs/ does what the page says; the guides are run by guides.slow.test.ts.
 *
 * A page is run from top to bottom in a folder of its own: its commands by the
 * built program, its TypeScript by Node with the built package, what a command
 * made at the disposal of what follows. What cannot run is named in docs/run-page.ts with the
 * reason, and an exception that fits nothing fails.
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { opsPage } from "../scripts/ops-page.ts";
import { supportedOps } from "../src/graph/index.ts";
import { makeFolder } from "./docs/page.ts";
import { differences } from "./docs/printed-kinds.ts";
import { describePage, isGuide, notRun, pages, readSnippets } from "./docs/run-page.ts";

const root = join(import.meta.dirname, "..");

test("the pages were found, and there are snippets of each sort on them", () => {
  expect(pages).toEqual(expect.arrayContaining(["README.md", "docs/errors.md", "docs/model-file.md"]));
  const languages = new Set(pages.flatMap(readSnippets).map((snippet) => snippet.language));
  expect([...languages]).toEqual(expect.arrayContaining(["console", "sh", "ts", "inline"]));
});

test.each([...pages, "CONTRIBUTING.md", "CHANGELOG.md"])("%s names files that are there", (page) => {
  const text = readFileSync(join(root, page), "utf8");
  const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)].map((match) =>
    join(dirname(page), match[1]!),
  );
  const named = [...text.matchAll(/`((?:src|test|bench|docs|examples|scripts)\/[\w./-]*)`/g)].map(
    (match) => match[1]!,
  );
  expect([...links, ...named].filter((file) => !existsSync(join(root, file)))).toEqual([]);
});

test("docs/ops.md lists the ops of the code: npx tsx scripts/ops-page.ts", () => {
  expect(readFileSync(join(root, "docs/ops.md"), "utf8")).toBe(opsPage(supportedOps()));
});

test("a changed word, a line too few and a line too many are seen; other figures are not", () => {
  const printed = ["1  boosting  0.42  0.38 … 0.46  67 %  9.8s", "On 292 untouched rows: Log loss 0.4175."];
  expect(
    differences(["1  logistic  0.5  0.4 … 0.6", "On 30 untouched rows: Log loss 1.2."], printed),
  ).toEqual([]);
  expect(differences([printed[0]!, "On 292 other rows: Log loss 0.4175."], printed)).toHaveLength(2);
  expect(differences([printed[1]!], printed)).toHaveLength(1);
  expect(differences([printed[1]!, "…"], printed)).toEqual([]);
  expect(differences([...printed, "report: report.html"], printed)).toHaveLength(1);
});

test("a type that a comment claims is checked", async () => {
  const folder = makeFolder();
  try {
    const text = 'const label = "sun" as "sun" | "rain";\n// label: "sun" | "rain" | "fog"\nexport {};';
    const { code, stdout } = await folder.typeCheck([{ line: 1, language: "ts", text }]);
    expect(code).not.toBe(0);
    expect(stdout).toMatch(/line-1\.ts.*error TS/);
  } finally {
    folder.remove();
  }
});

test("every exception is needed", () => {
  for (const { page, language } of notRun) {
    expect(
      readSnippets(page).map((snippet) => snippet.language),
      page,
    ).toContain(language);
  }
});

for (const page of pages) if (!isGuide(page)) describePage(page);
