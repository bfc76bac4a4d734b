/** Strings appended to DuckDB come back as they were: short, long, empty, not ASCII, with NUL, in growing dictionaries. */
import { expect, test } from "vitest";
import type { Frame } from "../../schema/index.ts";
import { Engine } from "./engine.ts";

test("strings of every length come back from a table, dictionaries growing and anew", async () => {
  const engine = await Engine.open({ threads: 1 });
  try {
    await engine.execute("CREATE TABLE t (s VARCHAR)");
    const texts = Array.from({ length: 40 }, (_, length) => "abcdefghij".repeat(4).slice(0, length));
    const odd = [
      "",
      "é".repeat(6),
      "é".repeat(7),
      "twelve bytes",
      "thirteen chars",
      "a\0b",
      "\0",
      "日本語の文",
    ];
    const dictionary: string[] = [];
    const expected: string[] = [];
    const append = (own: readonly string[], codes: Int32Array): void => {
      const frame: Frame = {
        schema: { columns: [{ name: "s", kind: "text", role: "feature" }] },
        rowCount: codes.length,
        columns: new Map([["s", { type: "string", codes, dictionary: own }]]),
      };
      engine.append("t", frame);
      expected.push(...Array.from(codes, (code) => (code < 0 ? "" : own[code]!)));
    };
    for (const part of [texts, odd]) {
      dictionary.push(...part);
      // More than one vector of 2048 rows.
      append(
        dictionary,
        Int32Array.from({ length: 5000 }, (_, row) => ((row * 7) % (dictionary.length + 1)) - 1),
      );
    }
    append(["other", "strings that are long"], Int32Array.of(1, 0, -1, 1));
    const got: string[] = [];
    for await (const chunk of engine.stream("SELECT s FROM t"))
      for (let row = 0; row < chunk.rowCount; row++) got.push(chunk.string(0, row)!);
    expect(got).toEqual(expected);
  } finally {
    engine.close();
  }
});
