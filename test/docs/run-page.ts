/** Runs a page from top to bottom in a folder of its own. */
import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { demoCsv } from "../../src/tasks/index.ts";
import { exampleColumns, makeChurnModel } from "../fixtures/churn-model.ts";
import { writeMediaFolders } from "../fixtures/media-files.ts";
import { writePictures } from "../fixtures/pictures.ts";
import { conllOf, drawSentences } from "../fixtures/sentences.ts";
import { writeSounds } from "../fixtures/sounds.ts";
import { machinesCsv, shopsCsv } from "../fixtures/sequences.ts";
import { type Folder, makeFolder } from "./page.ts";
import { differences } from "./printed-kinds.ts";
import { type Command, commandsOf, type Snippet, snippetsOf } from "./snippets.ts";

const root = join(import.meta.dirname, "../..");

/** Every page of documentation, from the root. */
export const pages: readonly string[] = [
  "README.md",
  ...readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md"))
    .sort()
    .map((file) => `docs/${file}`),
];

/** The guides train a model or several each, which takes its time. */
export const isGuide = (page: string): boolean => page.startsWith("docs/guides/");

/** Blocks that are not run, each with the reason. */
export const notRun: readonly {
  readonly page: string;
  readonly language: string;
  readonly reason: string;
}[] = [
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
  if (isGuide(page)) {
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
  if (page === "docs/import.md") {
    const exported = "test/fixtures/exports/mobilenet-v3.torchscript.onnx";
    copyFileSync(join(root, exported), join(folder, "mobilenet.onnx"));
  }
  if (page === "docs/media.md") await writeMediaFolders(folder);
  if (page === "docs/guides/tags.md") {
    writeFileSync(join(folder, "train.conll"), conllOf(drawSentences(300, 1)));
    writeFileSync(join(folder, "later.conll"), conllOf(drawSentences(40, 2)));
    writeFileSync(join(folder, "new.txt"), "Carla Quist went to North Lagos .\n");
  }
  if (page === "docs/guides/sounds.md") {
    writeSounds(join(folder, "words"), { perVoice: 8, seed: 1 });
    writeSounds(join(folder, "new"), { perVoice: 2, seed: 2 });
    const rows = ["fall", "rise", "stay"].flatMap((tune) =>
      readdirSync(join(folder, "words", tune)).map(
        (name) => `words/${tune}/${name},${tune},${name.split("_")[0]}`,
      ),
    );
    writeFileSync(join(folder, "calls.csv"), `clip,tune,speaker\n${rows.join("\n")}\n`);
  }
  if (page === "docs/guides/sequences.md") {
    writeFileSync(join(folder, "shops.csv"), shopsCsv(500, 1));
    writeFileSync(join(folder, "machines.csv"), machinesCsv(120, 2));
  }
  if (page === "docs/guides/images.md") {
    await writePictures(join(folder, "photos"), { perClass: 40, seed: 1 });
    await writePictures(join(folder, "new"), { perClass: 3, seed: 2 });
    const rows = ["bar", "cross", "disc"].flatMap((kind) =>
      Array.from({ length: 40 }, (_, i) => `photos/${kind}/${String(i).padStart(3, "0")}.png,${kind}`),
    );
    writeFileSync(join(folder, "photos.csv"), `file,kind\n${rows.join("\n")}\n`);
  }
}

/** Declares the tests of a page: each snippet in turn, and that its TypeScript compiles. */
export function describePage(page: string): void {
  const snippets = readSnippets(page).filter(
    ({ language }) => !notRun.some((item) => item.page === page && item.language === language),
  );
  if (snippets.length === 0) return;
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

export function readSnippets(page: string): Snippet[] {
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

/** Training is cut short; a page that shows `--budget`, or `--epochs` of pictures, gets what it asks for. */
function withSmallBudget(words: string): string {
  if (!words.startsWith("npx millwright train ") || / --(budget|like|epochs) /.test(words)) return words;
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
