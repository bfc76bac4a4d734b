import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeUnlessMissing, missingPackage } from "../../test/needs.ts";
import { describeWithSharedData } from "../../test/shared-data.ts";
import type { Frame } from "../schema/index.ts";
import { Engine } from "./duckdb/engine.ts";
import { sqlText } from "./duckdb/read-query.ts";
import { type OpenOptions, openTable } from "./open-table.ts";
import { storedZstd } from "./packing/testing.ts";

let folder: string;
const at = (name: string): string => join(folder, name);
const rows = [
  { n: 1, x: 0.5, city: "Zürich", ok: true, when: "2024-01-02 03:04:05" },
  { n: 2, x: null, city: "", ok: false, when: "2024-01-03 00:00:00" },
  { n: 30, x: -1e3, city: 'a,"b"', ok: null, when: null },
];
const csv =
  'n,x,city,ok,when\n1,0.5,Zürich,true,2024-01-02 03:04:05\n2,,,false,2024-01-03 00:00:00\n30,-1000,"a,""b""",,\n';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "millwright-sources-"));
  await writeFile(at("t.csv"), csv);
  await writeFile(at("packed.csv.gz"), gzipSync(csv));
  await writeFile(at("t.tsv"), csv.replaceAll(",", "\t").replace('"a\t""b"""', '"a,""b"""'));
  await writeFile(at("semicolons.csv"), csv.replaceAll(",", ";").replace('"a;""b"""', '"a,""b"""'));
  await writeFile(at("t.json"), JSON.stringify(rows));
  await writeFile(at("t.ndjson"), `${rows.map((row) => JSON.stringify(row)).join("\n")}\n`);
  await writeFile(at("packed.ndjson.gz"), gzipSync(rows.map((row) => JSON.stringify(row)).join("\n")));
  await writeFile(at("packed.json.gz"), gzipSync(JSON.stringify(rows)));
  await writeFile(at("packed.csv.zst"), storedZstd(csv));
  await writeFile(at("packed.json.zst"), storedZstd(JSON.stringify(rows)));
  await writeFile(at("packed.ndjson.zst"), storedZstd(rows.map((row) => JSON.stringify(row)).join("\n")));
  // What is packed how is told by the bytes, whatever the name.
  await writeFile(at("unsaid.json"), storedZstd(JSON.stringify(rows)));
  await writeFile(at("mark.csv"), `\ufeff${csv}`);
  await writeFile(at("wide.csv"), Buffer.from(`\ufeff${csv}`, "utf16le"));
  await writeFile(at("wide-no-mark.csv"), Buffer.from(csv, "utf16le"));
  await writeFile(at("wide-big.csv"), Buffer.from(`\ufeff${csv}`, "utf16le").swap16());
  await writeFile(at("latin.csv"), Buffer.from(csv, "latin1"));
  await writeFile(at("windows.csv"), csv.replaceAll("\n", "\r\n"));
  await writeFile(at("old.csv"), csv.replaceAll("\n", "\r"));
  const engine = await Engine.open();
  const source = `SELECT n::INTEGER AS n, x::DOUBLE AS x, nullif(city, '') AS city, ok::BOOLEAN AS ok, "when"::TIMESTAMP AS "when" FROM read_json(${sqlText(at("t.json"))})`;
  await engine.execute(`COPY (${source}) TO ${sqlText(at("t.parquet"))} (FORMAT parquet)`);
  engine.close();
});
afterAll(() => rm(folder, { recursive: true }));

async function read(source: string | readonly string[], options: OpenOptions = {}): Promise<Frame> {
  const table = await openTable(source, options);
  const frame = await table.read();
  await table.close();
  return frame;
}

const expected = {
  rowCount: 3,
  n: { type: "number", values: Float64Array.of(1, 2, 30) },
  x: { type: "number", values: Float64Array.of(0.5, Number.NaN, -1000) },
  city: { type: "string", codes: Int32Array.of(0, -1, 1), dictionary: ["Zürich", 'a,"b"'] },
  ok: { type: "string", codes: Int32Array.of(0, 1, -1), dictionary: ["true", "false"] },
  when: {
    type: "number",
    values: Float64Array.of(Date.UTC(2024, 0, 2, 3, 4, 5), Date.UTC(2024, 0, 3), Number.NaN),
  },
} as const;

test.each([
  "t.csv",
  "packed.csv.gz",
  "packed.json.gz",
  "packed.json.zst",
  "unsaid.json",
  "packed.ndjson.zst",
  "t.tsv",
  "semicolons.csv",
  "t.json",
  "t.ndjson",
  "packed.ndjson.gz",
  "t.parquet",
  "mark.csv",
  "wide.csv",
  "wide-no-mark.csv",
  "wide-big.csv",
  "latin.csv",
  "windows.csv",
  "old.csv",
])("%s gives the same table as the others", givesTheSame);

describeUnlessMissing("a CSV file packed with zstd", missingPackage("fzstd"), () => {
  test("gives the same table as the others", () => givesTheSame("packed.csv.zst"));
});

async function givesTheSame(name: string): Promise<void> {
  const frame = await read(at(name));
  const got = { rowCount: frame.rowCount, ...Object.fromEntries(frame.columns) };
  expect(got).toEqual(expected);
  const kinds = frame.schema.columns.map((column) => column.kind);
  expect(kinds).toEqual(["number", "number", "category", "boolean", "datetime"]);
}

test("bytes that are not UTF-8 far below the sample are read as Windows-1252, and told", async () => {
  const body = "name,v\n" + "plain,1\n".repeat(200_000);
  await writeFile(
    at("late.csv"),
    Buffer.concat([Buffer.from(body), Buffer.from([0x80, 0xe9, 0x2c, 0x32, 0x0a])]),
  );
  const table = await openTable(at("late.csv"));
  expect(table.findings).toMatchObject([{ kind: "encoding", undo: "--encoding utf-8" }]);
  expect((await table.read()).columns.get("name")).toMatchObject({ dictionary: ["plain", "€é"] });
  await expect(openTable(at("late.csv"), { encoding: "utf-8" })).rejects.toMatchObject({
    code: "DATA_ENCODING",
  });
});

test("a glob reads files in the order of their names as one table", async () => {
  await writeFile(at("part-2.csv"), "a,b\n3,z\n4,x\n");
  await writeFile(at("part-1.csv"), "a,b\n1,x\n2,y\n");
  const frame = await read(at("part-*.csv"));
  expect(frame.columns.get("a")).toMatchObject({ values: Float64Array.of(1, 2, 3, 4) });
  expect(frame.columns.get("b")).toMatchObject({
    codes: Int32Array.of(0, 1, 2, 0),
    dictionary: ["x", "y", "z"],
  });
  await writeFile(at("part-3.csv"), "a,c\n3,z\n");
  await expect(read(at("part-*.csv"))).rejects.toMatchObject({
    code: "SCHEMA_MISMATCH",
    message: expect.stringMatching(
      /part-3\.csv lacks the column "b" and has the column "c" besides: .*part-1\.csv has 2 columns/,
    ),
  });
});

test.each([
  ["one more", "a,b,c", /right.csv has the column "c" besides: .*left.csv has 2 columns, and it has 3/],
  ["one less", "a", /right.csv lacks the column "b": .*left.csv has 2 columns, and it has 1/],
  ["another name", "a,z", /right.csv lacks the column "b" and has the column "z" besides/],
  ["another order", "b,a", /left.csv has the column "a" at place 1 of 2, and .*right.csv has "b" there/],
])("a second file with %s is refused by the columns that differ", async (_, header, what) => {
  const row = header.replace(/[a-z]/g, "1");
  await writeFile(at("left.csv"), "a,b\n1,2\n3,4\n");
  await writeFile(at("right.csv"), `${header}\n${row}\n${row}\n`);
  await expect(openTable([at("left.csv"), at("right.csv")])).rejects.toMatchObject({
    code: "SCHEMA_MISMATCH",
    what: expect.stringMatching(what) as string,
  });
});

describe("objects inside cells", () => {
  const nested = [
    { n: 1, o: { a: 1, "b c": { z: "it's", 'k"q': 2 } }, tags: ["p"], p: { a: 1 }, "p.A": 7 },
    { n: 2, o: null, tags: [], p: { a: 2 }, "p.A": 8 },
    { n: 3, o: { a: 3, "b c": { z: "w" } }, tags: ["p", "q"], p: { a: 3 }, "p.A": 9 },
  ];

  test("are columns named parent.child, of JSON and of Parquet; lists and clashes stay text and are told", async () => {
    await writeFile(at("nested.ndjson"), nested.map((row) => JSON.stringify(row)).join("\n"));
    const engine = await Engine.open({});
    await engine.execute(
      `COPY (SELECT * FROM read_json(${sqlText(at("nested.ndjson"))})) TO ${sqlText(at("nested.parquet"))}`,
    );
    engine.close();
    for (const name of ["nested.ndjson", "nested.parquet"]) {
      const table = await openTable(at(name));
      expect(table.schema.columns.map((column) => column.name)).toEqual([
        "n",
        "o.a",
        "o.b c.z",
        'o.b c.k"q',
        "tags",
        "p",
        "p.A",
      ]);
      const { columns } = await table.read();
      expect(columns.get("o.a")).toMatchObject({ values: Float64Array.of(1, Number.NaN, 3) });
      expect(columns.get("o.b c.z")).toMatchObject({
        codes: Int32Array.of(0, -1, 1),
        dictionary: ["it's", "w"],
      });
      expect(columns.get("p")).toMatchObject({ dictionary: ['{"a":1}', '{"a":2}', '{"a":3}'] });
      const told = table.findings.filter(({ kind }) => kind === "mixedTypes");
      expect(told.map(({ column }) => column)).toEqual(["tags", "p"]);
      // What the findings advise is SQL that runs.
      const ways = told.flatMap(({ evidence }) =>
        evidence.split("unpacks them: ")[1]!.slice(0, -1).split(", "),
      );
      expect(ways).toEqual(["len(tags)", "tags[1]", "p.a"]);
      await table.close();
      const query = `SELECT ${ways.join(", ")}, o."b c".z AS z FROM nested`;
      const frame = await read(at(name), { sql: query });
      expect(frame.columns.get("z")).toMatchObject({ dictionary: ["it's", "w"] });
    }
  });

  test("a nested list is told with the path that a query needs", async () => {
    await writeFile(at("deep.ndjson"), '{"o":{"in side":[1,2]},"n":1}\n{"o":{"in side":[3]},"n":2}\n');
    const { findings, schema } = await openTable(at("deep.ndjson"));
    expect(findings[0]!.evidence).toContain('len(o."in side"), o."in side"[1]');
    const again = await openTable(at("deep.ndjson"), { schema });
    expect(again.findings, "advice is for whoever decides on the columns").toEqual([]);
  });
});

describe("keys of JSON that differ by letter case alone", () => {
  const rows = [
    { a: 1, A: 2, Size: "s", size: "t", x: 1, x_1: 5, O: { n: 1, l: [1] }, o: { n: 2, l: [2] } },
    { a: 3, A: 4, Size: "u", size: "v", x: 2, x_1: 6, O: { n: 3, l: [3] }, o: { n: 4, l: [4] } },
  ];

  test("are columns of their own names, in JSON and NDJSON, as in CSV", async () => {
    await writeFile(at("case.json"), JSON.stringify(rows));
    await writeFile(at("case.ndjson"), rows.map((row) => JSON.stringify(row)).join("\n"));
    for (const name of ["case.json", "case.ndjson"]) {
      const table = await openTable(at(name), {
        columns: { size: { kind: "text" }, A: { kind: "category" } },
      });
      expect(table.schema.columns.map((column) => `${column.name} ${column.kind}`)).toEqual([
        "a number",
        "A category",
        "Size category",
        "size text",
        "x number",
        "x_1 number",
        "O.n number",
        "O.l category",
        "o.n number",
        "o.l category",
      ]);
      const { columns } = await table.read();
      expect(columns.get("a")).toMatchObject({ values: Float64Array.of(1, 3) });
      expect(columns.get("A")).toMatchObject({ dictionary: ["2", "4"] });
      expect(columns.get("size")).toMatchObject({ dictionary: ["t", "v"] });
      expect(columns.get("o.n")).toMatchObject({ values: Float64Array.of(2, 4) });
      const told = table.findings.filter(({ kind }) => kind === "mixedTypes");
      expect(told.map(({ column, undo }) => [column, undo])).toEqual([
        ["O.l", "--drop O.l"],
        ["o.l", "--drop o.l"],
      ]);
      const again = await read(at(name), { schema: { columns: table.schema.columns.slice(1, 2) } });
      expect([...again.columns.keys()]).toEqual(["A"]);
      await table.close();
    }
  });
});

describe("--sql", () => {
  test("what reading a file and the query's rows both find is told once", async () => {
    await writeFile(
      at("words.csv"),
      `k,w\n${Array.from({ length: 40 }, (_, i) => `${i % 7}.5,${i % 2 ? "yes" : "no"}`).join("\n")}\n`,
    );
    const table = await openTable(at("words.csv"), { sql: "SELECT * FROM words" });
    expect(table.findings.filter(({ column }) => column === "w")).toMatchObject([{ kind: "format" }]);
    await table.close();
  });

  test("files are views by their names, typed and parsed as they are looked at", async () => {
    await writeFile(
      at("prices.csv"),
      'item,price,sold\na,"$1,200.50",31/12/2023\nb,$2.25,01/02/2024\na,N/A,15/03/2024\n',
    );
    await writeFile(at("names.json"), JSON.stringify([{ item: "a", name: "Anna" }]));
    const sql = `SELECT name, sum(price) AS total, max(sold) AS last, count(*) AS n
      FROM prices LEFT JOIN names USING (item) GROUP BY name ORDER BY n DESC;`;
    const frame = await read([at("prices.csv"), at("names.json")], { sql });
    expect(frame.columns.get("name")).toMatchObject({ codes: Int32Array.of(0, -1), dictionary: ["Anna"] });
    expect(frame.columns.get("total")).toMatchObject({ values: Float64Array.of(1200.5, 2.25) });
    expect(frame.columns.get("last")).toMatchObject({
      values: Float64Array.of(Date.UTC(2024, 2, 15), Date.UTC(2024, 1, 1)),
    });
    expect(frame.columns.get("n")).toMatchObject({ values: Float64Array.of(2, 1) });
  });

  test.each([
    ["SELECT nothing FROM t", "SOURCE_SQL"],
    ["SELECT 1 FROM read_csv('https://example.invalid/x.csv')", "SOURCE_SQL"],
    ["SELECT n FROM t WHERE n > 100", "DATA_EMPTY"],
  ])("%s is refused with %s", async (sql, code) => {
    await expect(read(at("t.csv"), { sql })).rejects.toMatchObject({ code });
  });
});

test("numbers declared as categories agree between CSV and Parquet", async () => {
  const columns = { n: { kind: "category" }, x: { kind: "category" } } as const;
  for (const name of ["t.csv", "t.parquet"]) {
    const frame = await read(at(name), { columns });
    expect(frame.columns.get("n")).toMatchObject({ dictionary: ["1", "2", "30"] });
    expect(frame.columns.get("x")).toMatchObject({ dictionary: ["0.5", "-1000"] });
  }
});

test.each([
  ["ids.csv", undefined],
  ["ids.csv", 1],
  ["ids.ndjson", undefined],
  ["ids.parquet", undefined],
])("%s keeps all digits of ids beyond 2^53, with %s bytes of memory", async (name, memoryBytes) => {
  const ids = Array.from({ length: 40 }, (_, row) => String(1234567890123456789n + BigInt(row)));
  const lines = ids.map((id, row) => `{"order_id":${id},"amount":${id},"shop_no":${row % 7},"v":${row % 3}}`);
  await writeFile(at("ids.ndjson"), `${lines.join("\n")}\n`);
  const cells = ids.map((id, row) => `${id},${id},${row % 7},${row % 3}`);
  await writeFile(at("ids.csv"), `order_id,amount,shop_no,v\n${cells.join("\n")}\n`);
  const engine = await Engine.open();
  const source = `SELECT * FROM read_json(${sqlText(at("ids.ndjson"))})`;
  await engine.execute(`COPY (${source}) TO ${sqlText(at("ids.parquet"))} (FORMAT parquet)`);
  engine.close();
  const table = await openTable(at(name), memoryBytes === undefined ? {} : { memoryBytes });
  expect(table.streamedBytes === undefined).toBe(memoryBytes === undefined);
  const { columns } = table.schema;
  const digits: (string | undefined)[] = [];
  for await (const { columns: cells } of table.stream()) {
    const found = cells.get("order_id");
    if (found?.type === "string") digits.push(...Array.from(found.codes, (code) => found.dictionary[code]));
  }
  await table.close();
  expect(columns[0]).toMatchObject({ kind: "id", role: "id" });
  expect(digits).toEqual(ids);
  // What the name does not call an id may be an amount, or a time in nanoseconds.
  expect(columns.slice(1).map(({ kind }) => kind)).toEqual(["number", "number", "number"]);
  const sums = await openTable(at(name), { columns: { order_id: { kind: "number" } } });
  expect(sums.schema.columns[0]).toMatchObject({ kind: "number" });
  await sums.close();
});

test.each([
  ["names.csv", undefined],
  ["names.csv", 1],
  ["names.ndjson", undefined],
  ["names.parquet", undefined],
  ["names.parquet", 1],
])(
  "%s keeps all digits beyond 2^53 of what no name tells of, with %s bytes of memory",
  async (name, memoryBytes) => {
    const start = 1234567890123456789n;
    const rows = Array.from({ length: 60 }, (_, row) => ({
      tweet: String(start + BigInt(row)),
      author: String(start + BigInt(row % 4)),
      // Exact in float64, and so a number.
      even: String(2n ** 60n + 4096n * BigInt(row)),
      plain: String(row),
    }));
    const keys = Object.keys(rows[0]!) as (keyof (typeof rows)[number])[];
    const lines = rows.map((row) => `{${keys.map((key) => `"${key}":${row[key]}`).join(",")}}`);
    await writeFile(at("names.ndjson"), `${lines.join("\n")}\n`);
    const cells = rows.map((row) => keys.map((key) => row[key]).join(","));
    await writeFile(at("names.csv"), `${keys.join(",")}\n${cells.join("\n")}\n`);
    const engine = await Engine.open();
    const source = `SELECT * FROM read_json(${sqlText(at("names.ndjson"))})`;
    await engine.execute(`COPY (${source}) TO ${sqlText(at("names.parquet"))} (FORMAT parquet)`);
    engine.close();
    const limits = memoryBytes === undefined ? {} : { memoryBytes };
    const found = async (options: Parameters<typeof openTable>[1], column: (typeof keys)[number]) => {
      const table = await openTable(at(name), { ...limits, ...options });
      expect(table.streamedBytes === undefined).toBe(memoryBytes === undefined);
      const texts: string[] = [];
      for await (const { columns } of table.stream()) {
        const own = columns.get(column)!;
        if (own.type === "string") texts.push(...Array.from(own.codes, (code) => own.dictionary[code]!));
      }
      await table.close();
      return { texts, kinds: table.schema.columns.map(({ kind }) => kind), findings: table.findings };
    };
    const tweets = await found({}, "tweet");
    expect(tweets.kinds).toEqual(["id", "category", "number", "number"]);
    expect(tweets.texts).toEqual(rows.map(({ tweet }) => tweet));
    expect(tweets.findings.filter(({ kind }) => kind === "format").map(({ column }) => column)).toEqual([
      "tweet",
      "author",
    ]);
    expect((await found({}, "author")).texts).toEqual(rows.map(({ author }) => author));
    for (const kind of ["category", "id", "text"] as const) {
      const declared = await found({ columns: { plain: { kind }, author: { kind } } }, "author");
      expect(declared.kinds.slice(1)).toEqual([kind, "number", kind]);
      expect(declared.texts).toEqual(rows.map(({ author }) => author));
    }
    // What is counted on is a number.
    for (const role of ["target", "weight", "time"] as const)
      expect((await found({ columns: { author: { role } } }, "author")).kinds[1]).toBe("number");
    expect((await found({ columns: { author: { kind: "number" } } }, "author")).kinds[1]).toBe("number");
  },
);

test("a table read by the schema of another has its columns, kinds and formats", async () => {
  await writeFile(at("train.csv"), "price,city,y\n$5,a,1\n$1,b,0\n$3,a,1\n");
  await writeFile(at("new.csv"), "city,price,more\na,$12,x\nc,,x\n");
  const { schema } = await openTable(at("train.csv"));
  const frame = await read(at("new.csv"), { schema, optional: ["y"] });
  expect([...frame.columns.keys()]).toEqual(["city", "price"]);
  expect(frame.columns.get("price")).toMatchObject({ values: Float64Array.of(12, Number.NaN) });
  await expect(read(at("new.csv"), { schema })).rejects.toMatchObject({ code: "SCHEMA_MISSING_COLUMN" });
  await writeFile(at("bad.csv"), "city,price\na,$12\nb,cheap\n");
  await expect(read(at("bad.csv"), { schema, optional: ["y"] })).rejects.toMatchObject({
    code: "SCHEMA_BAD_CELL",
    message: expect.stringMatching(/"price".*"cheap" in data row 2/),
  });
});

interface Listed {
  readonly file: string;
  readonly rows: number;
  readonly cols: number;
  readonly sha256: string;
}

describeWithSharedData("real files have the rows and columns that their list says", (folder) => {
  const manifest = JSON.parse(readFileSync(`${folder}MANIFEST.json`, "utf8")) as { files: Listed[] };
  const pattern = /^(tabular|anomaly|recsys|text|timeseries)\/.*\.[ct]sv(\.gz)?$/;
  const files = manifest.files.filter(({ file, cols }) => pattern.test(file) && cols > 0);
  test(`${files.length} files`, async () => {
    expect(files.length).toBeGreaterThan(40);
    for (const { file, rows, cols, sha256 } of files) {
      const table = await openTable(folder + file);
      expect([file, table.rowCount, table.schema.columns.length]).toEqual([file, rows, cols]);
      expect(table.findings.filter((finding) => finding.kind === "raggedRows")).toEqual([]);
      expect(await table.fingerprint()).toBe(sha256);
    }
  });
});

test("whole numbers that differ beyond 2^53 are different categories", async () => {
  await writeFile(at("long.csv"), "code,y\n9007199254740993,1\n9007199254740992,2\n7,3\n");
  const frame = await read(at("long.csv"), { columns: { code: { kind: "category" } } });
  expect(frame.columns.get("code")).toMatchObject({
    dictionary: ["9007199254740993", "9007199254740992", "7"],
  });
});

test("each read is told with its size and its fingerprint, of a query too", async () => {
  await writeFile(at("first.csv"), "a,b\n1,2\n");
  await writeFile(at("second.csv"), "a,b\n3,4\n5,6\n");
  const hash = (text: string): string => createHash("sha256").update(text).digest("hex");
  const reads = [
    { source: at("first.csv"), bytes: 8, sha256: hash("a,b\n1,2\n") },
    { source: at("second.csv"), bytes: 12, sha256: hash("a,b\n3,4\n5,6\n") },
  ];
  const names = [at("first.csv"), at("second.csv")];
  const both = await openTable(names);
  expect(await both.reads()).toEqual(reads);
  expect(await both.fingerprint()).toBe(hash("a,b\n1,2\na,b\n3,4\n5,6\n"));
  const sql = "SELECT first.a FROM first, second";
  const joined = await openTable(names, { sql });
  expect(await joined.reads()).toEqual(reads);
  expect(await joined.fingerprint()).toBe(hash(`${sql}a,b\n1,2\na,b\n3,4\n5,6\n`));
  const streamed = await openTable(names, { memoryBytes: 1 });
  expect(await streamed.reads()).toEqual(reads);
  await streamed.close();
});
