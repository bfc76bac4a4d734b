import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { StringCells } from "../../schema/index.ts";
import { openTable } from "../open-table.ts";
import { textsAsTable } from "./texts-as-table.ts";

const work = mkdtempSync(join(tmpdir(), "millwright-texts-"));
afterAll(() => rmSync(work, { recursive: true }));

function folder(name: string, files: Readonly<Record<string, string | Uint8Array>>): string {
  for (const [file, content] of Object.entries(files)) {
    const path = join(work, name, file);
    mkdirSync(join(path, ".."), { recursive: true });
    writeFileSync(path, content);
  }
  return join(work, name);
}

const words = (n: number): string => `a text of some words, the ${n}th, with "quotes"\nand a second line `;
const many = Object.fromEntries(
  Array.from({ length: 40 }, (_, i) => [`${i % 2 === 0 ? "letters" : "orders, new"}/${i}.txt`, words(i)]),
);

describe("a folder of class folders of texts", () => {
  test("is a table of texts and labels, in the order of names, whatever stands in them", async () => {
    const path = folder("mail", {
      ...many,
      "letters/deep/z.txt": Buffer.from("Grüße, naïve", "latin1"),
      "letters/broken.txt": Uint8Array.of(0, 1, 2, 0, 200),
      "readme.txt": "no class",
    });
    const table = await openTable(path);
    try {
      expect(table.schema.columns.map(({ name }) => name)).toEqual(["text", "label"]);
      expect(table.rowCount).toBe(41);
      const { columns } = await table.read();
      const [texts, labels] = ["text", "label"].map((name) => {
        const { codes, dictionary } = columns.get(name) as StringCells;
        return Array.from(codes, (code) => dictionary[code]);
      });
      const own = Object.keys(many)
        .sort()
        .filter((name) => name.startsWith("letters"));
      expect(texts!.slice(0, 2)).toEqual(own.slice(0, 2).map((name) => many[name]));
      expect(texts![20]).toBe("Grüße, naïve");
      expect(labels!.slice(0, 22)).toEqual([...Array<string>(21).fill("letters"), "orders, new"]);
      const told = table.findings.map(({ evidence }) => evidence).join(" ");
      expect(told).toContain("1 text cannot be read and is left out: letters/broken.txt holds zero bytes");
      expect(told).toContain("1 beside the class folders");
    } finally {
      await table.close();
    }
  });

  test("is named in messages, not what it was written to", async () => {
    const path = folder("plain", many);
    const table = await openTable(path, { columns: { label: { role: "target" } } });
    await table.close();
    await expect(openTable(path, { columns: { topic: { role: "target" } } })).rejects.toThrow(
      /plain has no column "topic"/,
    );
  });

  test("with more than one file in twenty that is no text is refused", async () => {
    const path = folder("rotten", {
      ...many,
      ...Object.fromEntries([1, 2, 3].map((i) => [`letters/b${i}.txt`, "\0"])),
    });
    await expect(openTable(path)).rejects.toThrow(/3 of 43 texts/);
  });
});

test.each<[string, string]>([
  ["texts without class folders", folder("flat", { "a.txt": "one", "b.txt": "two" })],
  ["pictures", folder("pictures", { "cats/a.png": "", "dogs/b.png": "" })],
  ["a file", join(folder("one", { "a.txt": "x" }), "a.txt")],
  ["nothing", join(work, "nowhere")],
])("%s: no such table, and nothing is written", async (_, path) => {
  const refuse = (): never => {
    throw new Error("a folder is made");
  };
  expect(await textsAsTable(path, refuse)).toBeUndefined();
});
