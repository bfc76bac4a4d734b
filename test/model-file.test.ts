/** docs/model-file.md prints the table of metadata schemas, key by key. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { formatVersion, metadataSchemas } from "../src/model/index.ts";

const doc = readFileSync(join(import.meta.dirname, "../docs/model-file.md"), "utf8");

test("the page documents every metadata key and no other, with its sentence and its schema", () => {
  const sections = [...doc.matchAll(/^### `(millwright\.\w+)`\n\n(.+?)\n\n```json\n(.*?)^```$/gms)];
  expect(sections.map(([, key]) => key)).toEqual(Object.keys(metadataSchemas));
  for (const [, key, sentence, json] of sections) {
    const { description, ...schema } = metadataSchemas[key as keyof typeof metadataSchemas];
    expect(sentence).toContain(description);
    expect(JSON.parse(json!)).toEqual(schema);
  }
});

test("the page names the version that is written", () => {
  expect(doc).toContain(`This page is the contract, version ${formatVersion}.`);
});
