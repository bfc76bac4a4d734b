/**
 * Every snippet of README.md and docs/ does what the page says.
 *
 * A page is run from top to bottom in a folder of its own: its commands by the
 * built program, its TypeScript by Node with the built package, what a command
 * made at the disposal of what follows. What cannot run is named below with the
 * reason, and an exception that fits nothing fails.
 */
import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Folder, makeFolder } from "./docs/page.ts";
import { differences } from "./docs/printed-kinds.ts";
import { type Command, commandsOf, type Snippet, snippetsOf } from "./docs/snippets.ts";
import { demoCsv } from "../src/tasks/index.ts";
import { exampleColumns, makeChurnModel } from "./fixtures/churn-model.ts";

const root = join(import.meta.dirname, "..");
const pages = [
  "README.md",
  ...readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md"))
    .sort()
    .map((file) => `docs/${file}`),
];

/** Blocks that are not run, each with the reason. */
const notRun: readonly { readonly page: string; readonly language: string; readonly reason: string }[] = [
  {
    page: "docs/model-file.md",
    language: "python",
    reason: "tests need no Python; bench/parity.ts runs the files there",
  },
  {
    page: "docs/model-file.md",
    language: "json",
    reason: "JSON Schemas: test/model-file.test.ts compares them with the code",
  },
];

/** What stands in a page's folder before its first snippet. */
async function furnish(page: string, folder: string): Promise<void> {
  for (const name of ["seattle-weather.csv", "penguins.json"]) {
    const data = new URL(`../data/${name}`, import.meta.resolve("vega-datasets"));
    copyFileSync(fileURLToPath(data), join(folder, name));
  }
  const customers: Readonly<Record<string, number>> =
    page === "docs/guides/retraining.md" ? { january: 1, february: 2, march: 3 } : { customers: 1 };
  if (page.startsWith("docs/guides/")) {
    for (const [name, seed] of Object.entries(customers))
      writeFileSync(join(folder, `${name}.csv`), demoCsv(700, seed));
  }
  if (page === "docs/guides/own-algorithm.md") {
    for (const name of readdirSync(join(root, "examples/own")))
      copyFileSync(join(root, "examples/own", name), join(folder, name));
  }
  if (page === "docs/model-file.md") {
    writeFileSync(join(folder, "churn.onnx"), (await makeChurnModel(undefined, exampleColumns)).bytes);
  }
}

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

for (const page of pages) {
  const snippets = readSnippets(page).filter(
    ({ language }) => !notRun.some((item) => item.page === page && item.language === language),
  );
  if (snippets.length === 0) continue;
  describe(page, () => {
    let folder: Folder;
    beforeAll(async () => {
      folder = makeFolder();
      await furnish(page, folder.path);
    });
    afterAll(() => folder.remove());

    const scripts = snippets.filter((snippet) => snippet.language === "ts");
    test.each(snippets.map((snippet) => [snippet.line, snippet.language, snippet] as const))(
      "line %i (%s)",
      (_line, _language, snippet) => check(snippet, folder),
      180_000,
    );
    if (page === "docs/guides/reading-the-report.md") {
      test("it names the parts of the report as the report does", () => {
        const report = readFileSync(join(folder.path, "report.html"), "utf8");
        const named = [...readFileSync(join(root, page), "utf8").matchAll(/\*\*([^*]+)\*\*/g)].map(
          (match) => match[1]!,
        );
        expect(named.length).toBeGreaterThan(8);
        for (const name of named)
          expect(report).toMatch(new RegExp(`<(h2|h3|dt)[^>]*>${name.replace("?", "\\?")}`));
      });
    }
    if (scripts.length > 0) {
      test("its TypeScript compiles", async () => {
        expect(await folder.typeCheck(scripts)).toEqual({ code: 0, stdout: "", stderr: "" });
      });
    }
  });
}

function readSnippets(page: string): Snippet[] {
  return snippetsOf(readFileSync(join(root, page), "utf8"));
}

async function check(snippet: Snippet, folder: Folder): Promise<void> {
  switch (snippet.language) {
    case "ts": {
      const { code, stderr } = await folder.script(snippet);
      expect(code, stderr).toBe(0);
      return;
    }
    case "sh":
    case "console":
    case "inline":
      for (const command of commandsOf(snippet)) await checkCommand(command, folder);
      return;
    default:
      throw new Error(
        `No test runs "${snippet.language}" blocks. Use ts, sh or console, or name the exception.`,
      );
  }
}

async function checkCommand({ words, output }: Command, folder: Folder): Promise<void> {
  // Commands of the checkout are run by .ci/run; here they must exist.
  if (!words.startsWith("npx millwright ")) {
    for (const part of words.split(" && "))
      expect(existsInCheckout(part), `no such command: ${part}`).toBe(true);
    return;
  }
  const refusal = output?.some((line) => line.startsWith("error: ")) ?? false;
  const { code, stdout, stderr } = await folder.shell(withSmallBudget(words));
  expect(code, `${words}\n${stderr}`).toBe(refusal ? 1 : 0);
  if (output === undefined) return;
  const printed = (refusal ? stderr : stdout)
    .split("\n")
    .filter((line) => !refusal || line.startsWith("error: "));
  expect(differences(output, printed), stdout).toEqual([]);
  for (const line of printed.filter((text) => text.startsWith("next: "))) {
    const next = await folder.shell(line.slice("next: ".length));
    expect(next.code, `${line}\n${next.stderr}`).toBe(0);
  }
}

/** Training is cut short; a page that shows `--budget` itself gets what it asks for. */
function withSmallBudget(words: string): string {
  if (!words.startsWith("npx millwright train ") || / --(budget|like) /.test(words)) return words;
  return `${words.replace(/ --time \S+/, "")} --budget 4`;
}

/** `npm install`, a script of package.json, or a file that Node runs. */
function existsInCheckout(command: string): boolean {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    readonly scripts: Readonly<Record<string, string>>;
  };
  const [program, ...args] = command.trim().split(/\s+/);
  if (program === "npm") {
    const [verb, script] = args;
    if (verb === "ci" || verb === "install") return true;
    const name = verb === "run" ? script : verb;
    return name !== undefined && name in scripts;
  }
  const file = args.find((word) => /\.(m?js|ts)$/.test(word));
  return program === "node" && file !== undefined && existsSync(join(root, file));
}
