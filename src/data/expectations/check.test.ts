import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "libsql";
import { afterAll, describe, expect, test } from "vitest";
import { describeWithSharedData } from "../../../test/shared-data.ts";
import { createRandom } from "../../core/index.ts";
import { Engine } from "../duckdb/engine.ts";
import { sqlText } from "../duckdb/read-query.ts";
import { openTable } from "../open-table.ts";
import { type CheckOptions, type CheckReport, checkTable } from "./check.ts";
import { parseExpectations } from "./expectations.ts";
import { expectationsText } from "./file.ts";
import { expectationsOf } from "./learn.ts";

const folder = mkdtempSync(join(tmpdir(), "millwright-check-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const fileOf = (text: string, extension = "csv"): string => {
  const path = join(folder, `t${++files}.${extension}`);
  writeFileSync(path, text);
  return path;
};

const check = (path: string, expected: object, options: CheckOptions = {}): Promise<CheckReport> =>
  checkTable(
    path,
    parseExpectations(JSON.stringify({ format: 1, ...expected }), "expect.json"),
    "expect.json",
    options,
  );

/** What a rule of a test is in TypeScript: true, false, or null where a cell of it is missing. */
type Cell = string | null;
interface Row {
  readonly id: Cell;
  readonly size: Cell;
  readonly day: Cell;
  readonly town: Cell;
  readonly paid: Cell;
  readonly start: Cell;
  readonly end: Cell;
}
const names = ["id", "size", "day", "town", "paid", "start", "end"] as const;

function randomRows(seed: number, rowCount: number): Row[] {
  const random = createRandom(seed);
  const often = <T>(share: number, usual: () => T, odd: () => T): T =>
    random.next() < share ? odd() : usual();
  return Array.from({ length: rowCount }, (_, row) => ({
    id: often<Cell>(
      0.03,
      () => `K-${seed}-${row}x`,
      () =>
        often<Cell>(
          0.3,
          () => `K-${seed}-0x`,
          () => null,
        ),
    ),
    size: often<Cell>(
      0.05,
      () => (100 * random.normal()).toFixed(1),
      () => ["", "many", "NA", "3 m"][random.integer(4)]!,
    ),
    day: often<Cell>(
      0.04,
      () => new Date(Date.UTC(2025, 0, 1 + random.integer(90))).toISOString().slice(0, 10),
      () => ["", "soon", "2025-13-01"][random.integer(3)]!,
    ),
    town: often<Cell>(
      0.05,
      () => ["Oslo", "Bern", "Rome"][random.integer(3)]!,
      () => ["Paris", "oslo", ""][random.integer(3)]!,
    ),
    paid: often<Cell>(
      0.04,
      () => ["yes", "no"][random.integer(2)]!,
      () => ["perhaps", ""][random.integer(2)]!,
    ),
    start: String(random.integer(50)),
    end: often<Cell>(
      0.05,
      () => String(20 + random.integer(60)),
      () => "",
    ),
  }));
}

const csvOf = (rows: readonly Row[]): string =>
  `${[names.join(","), ...rows.map((row) => names.map((name) => row[name] ?? "").join(","))].join("\n")}\n`;

const expectations = {
  rows: { min: 10, max: 100_000 },
  columns: {
    id: { maxMissing: 0, unique: true, pattern: "^K-\\d+-\\d*[02468]x$" },
    size: { kind: "number", maxMissing: 0.01, min: -150, max: 120.5, maxUnreadable: 0.02 },
    day: { kind: "datetime", maxMissing: 0, min: "2025-01-05", max: "2025-03-20", newest: "30d" },
    town: { kind: "category", values: ["Oslo", "Bern", "Rome"], maxOther: 0.05 },
    paid: { kind: "boolean", maxMissing: 0.5 },
    start: { kind: "number", values: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10] },
  },
  unique: [["town", "start"]],
  rules: [{ name: "in order", sql: "end >= start" }, { sql: "town = 'Oslo' OR start < 40" }],
};

/** The slow plain reference: 1-based rows that fail each expectation, by what it is. */
function failingRows(rows: readonly Row[]): Record<string, number[]> {
  const where = (fails: (row: Row) => boolean): number[] =>
    rows.flatMap((row, index) => (fails(row) ? [index + 1] : []));
  const missing = (cell: Cell): boolean => cell === null || cell === "" || cell === "NA";
  const size = (row: Row): number => (/^-?[\d.]+$/.test(row.size ?? "") ? Number(row.size) : Number.NaN);
  const time = (row: Row): number =>
    /^\d{4}-(0\d|1[0-2])-\d\d$/.test(row.day ?? "") ? Date.parse(row.day!) : Number.NaN;
  const copies = (key: (row: Row) => string | null): ((row: Row) => boolean) => {
    const counts = new Map<string, number>();
    for (const row of rows) if (key(row) !== null) counts.set(key(row)!, (counts.get(key(row)!) ?? 0) + 1);
    return (row) => key(row) !== null && counts.get(key(row)!)! > 1;
  };
  return {
    "missing id": where((row) => missing(row.id)),
    "pattern id": where((row) => !missing(row.id) && !/^K-\d+-\d*[02468]x$/.test(row.id!)),
    "unique id": where(copies((row) => row.id)),
    "kind size": where((row) => !missing(row.size) && Number.isNaN(size(row))),
    "missing size": where((row) => missing(row.size)),
    "range size": where((row) => size(row) < -150 || size(row) > 120.5),
    "kind day": where((row) => !missing(row.day) && Number.isNaN(time(row))),
    "missing day": where((row) => missing(row.day)),
    "range day": where((row) => time(row) < Date.UTC(2025, 0, 5) || time(row) > Date.UTC(2025, 2, 20)),
    "values town": where((row) => !missing(row.town) && !["Oslo", "Bern", "Rome"].includes(row.town!)),
    "kind paid": where((row) => row.paid === "perhaps"),
    "missing paid": where((row) => missing(row.paid)),
    "kind start": [],
    "values start": where((row) => Number(row.start) > 10),
    "unique town,start": where(copies((row) => (missing(row.town) ? null : `${row.town} ${row.start}`))),
    "rule start,end": where((row) => row.end !== "" && Number(row.end) < Number(row.start)),
    "rule town,start": where((row) => !missing(row.town) && row.town !== "Oslo" && Number(row.start) >= 40),
  };
}

const allowed: Readonly<Record<string, number>> = {
  "missing size": 0.01,
  "kind size": 0.02,
  "values town": 0.05,
  "missing paid": 0.5,
};

function expectAsReference(report: CheckReport, rows: readonly Row[]): void {
  const reference = failingRows(rows);
  const keys: string[] = [];
  for (const item of report.checks) {
    if (item.expectation === "rows" || item.expectation === "newest") continue;
    const key = `${item.expectation} ${[...item.columns].sort((a, b) => names.indexOf(a as "id") - names.indexOf(b as "id")).join(",")}`;
    keys.push(key);
    const failing = reference[key]!;
    expect(item.failing, key).toBe(failing.length);
    expect(
      item.examples.map(({ row }) => row),
      key,
    ).toEqual(failing.slice(0, 5));
    expect(item.passed, key).toBe(failing.length / rows.length <= (allowed[key] ?? 0));
    if (item.columns.length === 1 && item.expectation !== "rule")
      for (const { row, value } of item.examples) {
        const cell = rows[row - 1]![item.columns[0] as "id"] || null;
        if (item.expectation === "missing") expect(value).toBeNull();
        else if (item.expectation !== "range" && item.columns[0] !== "start") expect(value, key).toBe(cell);
      }
  }
  expect(keys.sort()).toEqual(Object.keys(reference).sort());
  expect(report.passed).toBe(report.checks.every(({ passed }) => passed));
  expect(report.rowCount).toBe(rows.length);
}

describe("a random table", () => {
  const now = Date.UTC(2025, 3, 10);

  test.each([1, 2, 3, 4])("fails where the plain reference says, seed %d", async (seed) => {
    const rows = randomRows(seed, 700);
    const report = await check(fileOf(csvOf(rows)), expectations, { now });
    expectAsReference(report, rows);
    const newest = report.checks.find(({ expectation }) => expectation === "newest")!;
    const days = rows.flatMap(({ day }) => (/^2025-0/.test(day ?? "") ? [day!] : [])).sort();
    expect(newest).toMatchObject({ observed: `${days.at(-1)!}T00:00:00.000Z`, passed: true });
    expect(report.otherColumns).toEqual(["end"]);
  });

  test("an old newest day fails; the clock decides only where no time is told", async () => {
    const path = fileOf(csvOf(randomRows(1, 200)));
    const at = async (time: number) =>
      (await check(path, expectations, { now: time })).checks.find(
        ({ expectation }) => expectation === "newest",
      )!.passed;
    expect(await at(Date.UTC(2025, 3, 29))).toBe(true);
    expect(await at(Date.UTC(2025, 4, 20))).toBe(false);
  });

  test("gives the same report streamed, and again", async () => {
    const path = fileOf(csvOf(randomRows(5, 3000)));
    const whole = await check(path, expectations, { now });
    expect(await check(path, expectations, { now, memoryBytes: 2000 })).toEqual(whole);
    expect(await check(path, expectations, { now, threads: 1 })).toEqual(whole);
  });

  test("fails the same as NDJSON, as Parquet, over a glob and by a query", async () => {
    const rows = randomRows(6, 400);
    const path = fileOf(csvOf(rows));
    const lines = fileOf(
      rows
        .map((row) => JSON.stringify(Object.fromEntries(names.map((name) => [name, row[name] || null]))))
        .join("\n"),
      "ndjson",
    );
    const engine = await Engine.open();
    const parquet = join(folder, "t.parquet");
    await engine.execute(
      `COPY (SELECT * FROM read_json(${sqlText(lines)}, format = 'newline_delimited', convert_strings_to_integers = false, auto_detect = true)) TO ${sqlText(parquet)} (FORMAT parquet)`,
    );
    engine.close();
    for (const source of [path, lines, parquet])
      expectAsReference(await check(source, expectations, { now }), rows);
    const view = path.replace(/^.*\/|\.csv$/g, "");
    expectAsReference(await check(path, expectations, { now, sql: `SELECT * FROM ${view}` }), rows);
    writeFileSync(join(folder, "part-1.csv"), csvOf(rows.slice(0, 150)));
    writeFileSync(join(folder, "part-2.csv"), csvOf(rows.slice(150)));
    expectAsReference(await check(join(folder, "part-*.csv"), expectations, { now }), rows);
  });
});

describe("reading", () => {
  test("typed columns of Parquet that are expected otherwise are read cell by cell", async () => {
    const path = join(folder, "typed.parquet");
    const engine = await Engine.open();
    await engine.execute(
      `COPY (SELECT range AS n, range = 1 AS flag, DATE '2025-01-01' + range::INT AS day FROM range(4)) TO ${sqlText(path)} (FORMAT parquet)`,
    );
    engine.close();
    const { checks } = await check(path, {
      columns: {
        n: { kind: "boolean" },
        flag: { kind: "boolean" },
        day: { kind: "datetime", max: "2025-01-03" },
      },
    });
    expect(checks.map(({ failing, examples }) => [failing, examples.map(({ row }) => row)])).toEqual([
      [2, [3, 4]],
      [0, []],
      [0, []],
      [1, [4]],
    ]);
  });

  test("a table of a database", async () => {
    const path = join(folder, "shop.db");
    const database = new Database(path);
    database.exec("CREATE TABLE sales (id INTEGER, price REAL)");
    database.exec("INSERT INTO sales VALUES (1, 1.5), (2, NULL), (2, 30)");
    database.close();
    const expected = { columns: { id: { unique: true }, price: { kind: "number", maxMissing: 0, max: 20 } } };
    const { checks } = await check(`sqlite:${path}?table=sales`, expected);
    expect(checks.map(({ examples }) => examples.map(({ row }) => row))).toEqual([[2, 3], [], [2], [3]]);
  });

  test("numbers stay as they are written when a cell is not one", async () => {
    const rows = Array.from({ length: 40 }, (_, row) => `${row},5;ok`);
    const path = fileOf(`n;x\n${rows.join("\n")}\nwrong;ok\n`);
    const { checks } = await check(path, { columns: { n: { kind: "number", max: 39 } } });
    expect(checks.map(({ failing }) => failing)).toEqual([1, 1]);
    expect(checks[0]!.examples).toEqual([{ row: 41, value: "wrong" }]);
  });

  test("the missing words that are stated are the missing words", async () => {
    const path = fileOf("n,x\n1,1\n-999,1\n?,1\n3,1\n");
    const missing = async (missingWords: string[]) =>
      (
        await check(path, { columns: { n: { kind: "number", missingWords, maxMissing: 0, min: 0 } } })
      ).checks.map(({ failing }) => failing);
    expect(await missing(["-999", "?"])).toEqual([0, 2, 0]);
    expect(await missing(["-999"])).toEqual([1, 1, 0]);
    expect(await missing(["?"])).toEqual([0, 1, 1]);
  });

  test("columns that differ by case only, or are called as a word of SQL", async () => {
    const path = fileOf("A,a,order,end\n1,2,5,6\n3,2,5,4\n");
    const { checks } = await check(path, {
      columns: { A: { max: 2 }, a: { max: 1 } },
      unique: [["a", "order"]],
      rules: [
        { sql: "A < a" },
        { sql: '"a" > "A" or end < order' },
        { sql: "case when A > 2 then false else true end" },
      ],
    });
    expect(checks.map(({ examples }) => examples.map(({ row }) => row))).toEqual([
      [2],
      [1, 2],
      [1, 2],
      [2],
      [],
      [2],
    ]);
  });

  test("a column that is gone fails, with all that needs it, and the rest is checked", async () => {
    const report = await check(fileOf("citi,n\nOslo,1\nOslo,2\n"), {
      columns: { city: { maxMissing: 0 }, n: { max: 1 } },
      unique: [["city", "n"]],
      rules: [{ sql: "city <> 'Bern'" }, { sql: "n > 0" }],
    });
    expect(report.checks.map(({ expectation, passed }) => [expectation, passed])).toEqual([
      ["column", false],
      ["range", false],
      ["unique", false],
      ["rule", false],
      ["rule", true],
    ]);
    expect(report.checks[0]!.absent).toEqual({ column: "city", nearest: "citi" });
    expect(report.otherColumns).toEqual(["citi"]);
  });
});

describe("rules", () => {
  const path = fileOf("a,b,day\n1,x,2025-01-01\n2,y,2025-01-02\n,z,\n");
  const rule = (sql: string) => check(path, { rules: [{ sql }] });

  test.each([
    ["a > 1", [1]],
    ["a IS NOT NULL", [3]],
    ["b IN ('x', 'y')", [3]],
    ["b <> ';' AND b <> '--'", []],
    ["day < DATE '2025-01-02'", [2]],
    ["count(*) OVER (PARTITION BY b) = 2", [1, 2, 3]],
    ["(a + 1) * 2 > 5", [1]],
  ])("%s", async (sql, rows) => {
    const { checks } = await rule(sql);
    expect(checks[0]!.examples.map(({ row }) => row)).toEqual(rows);
  });

  test.each([
    ["true; DROP TABLE x", "semicolon", "SOURCE_SQL"],
    ["true); DROP TABLE x; SELECT (true", "brackets", "SOURCE_SQL"],
    ["true -- and more", "comment", "SOURCE_SQL"],
    ["true /* and more", "comment", "SOURCE_SQL"],
    ["a > 1) OR (true", "brackets", "SOURCE_SQL"],
    ["(a > 1", "a ) is missing", "SOURCE_SQL"],
    ['true) FROM "millwright checks" UNION SELECT (true', "brackets", "SOURCE_SQL"],
    ["b = E'\\'' ) FROM x --'", "letter before it", "SOURCE_SQL"],
    ["b = $$'$$) FROM x --'", "dollar", "SOURCE_SQL"],
    ["b = 'x", "not closed", "SOURCE_SQL"],
    ["a > 1, true", "gives STRUCT", "SCHEMA_WRONG_KIND"],
    [
      "(SELECT count(*) FROM read_text('/etc/hostname')) > 0",
      "file system operations are disabled",
      "SOURCE_SQL",
    ],
    ["avg(a) > 1", "all rows at once", "SOURCE_SQL"],
    ["(b || '1')::INTEGER > 1", "Could not convert", "SOURCE_SQL"],
    ["a + 1", "gives", "SCHEMA_WRONG_KIND"],
    ["c > 1", 'no column "c"', "SCHEMA_MISSING_COLUMN"],
    ["lower(a, b, a) = 'x'", "No function matches", "SOURCE_SQL"],
  ])("%s is refused", async (sql, said, code) => {
    await expect(rule(sql)).rejects.toMatchObject({ code, what: expect.stringContaining(said) });
    const error = await rule(sql).catch((caught: Error) => caught);
    expect((error as Error).message.length).toBeLessThan(500);
  });
});

test.each([
  [{ columns: { a: { pattern: "(" } } }, "PARAMETER_RANGE", "no regular expression"],
  [{ columns: { a: { min: "2025-01-01" } } }, "SCHEMA_WRONG_KIND", '"min" of the column "a"'],
  [{ columns: { b: { max: 3 } } }, "SCHEMA_WRONG_KIND", "category"],
  [{ columns: { a: { newest: "3d" } } }, "SCHEMA_WRONG_KIND", "needs a datetime"],
  [{ columns: { a: { values: [1, "x"] } } }, "SCHEMA_WRONG_KIND", '"x"'],
  [{ unique: [["a", "bb"]] }, "SCHEMA_MISSING_COLUMN", 'nearest name is "b"'],
])("%j is refused", async (expected, code, said) => {
  const path = fileOf("a,b\n1,x\n2,y\n3,x\n");
  const pattern = JSON.stringify(expected).includes("pattern");
  const wanted = pattern ? { columns: { b: { pattern: "(" } } } : expected;
  await expect(check(path, wanted)).rejects.toMatchObject({ code, what: expect.stringContaining(said) });
});

describe("expectations of a reference", () => {
  const learnt = async (path: string, margin = 0.1) => {
    const table = await openTable(path, { exactNumbers: true });
    try {
      const text = expectationsText(await expectationsOf(table, { margin }));
      return { text, expectations: parseExpectations(text, "expect.json") };
    } finally {
      await table.close();
    }
  };
  const failed = async (path: string, margin?: number) => {
    const { expectations: expected } = await learnt(path, margin);
    const { checks, otherColumns } = await checkTable(path, expected, "expect.json");
    expect(otherColumns).toEqual([]);
    return checks.filter(({ passed }) => !passed);
  };

  test.each([1, 2, 3, 4, 5, 6])("hold of a random reference, at any margin, seed %d", async (seed) => {
    const rows = randomRows(seed, [5, 12, 60, 300, 900, 2000][seed - 1]!);
    const path = fileOf(csvOf(rows));
    for (const margin of [0, 0.1]) expect(await failed(path, margin)).toEqual([]);
  });

  test("tell no value that fewer than five rows hold", async () => {
    const rows = Array.from({ length: 300 }, (_, row) => ({
      n: row === 7 ? 987654 : row % 40,
      town: row === 9 ? "Hermitville" : ["Oslo", "Bern"][row % 2]!,
      day: row === 3 ? "1931-05-17" : `2025-01-${String(1 + (row % 28)).padStart(2, "0")}`,
    }));
    const { text } = await learnt(
      fileOf(`n,town,day\n${rows.map(({ n, town, day }) => `${n},${town},${day}`).join("\n")}\n`),
    );
    for (const secret of ["987654", "Hermitville", "1931-05-17"]) expect(text).not.toContain(secret);
    expect(text).toContain('"values": ["Bern", "Oslo"], "maxOther": 0.01');
    expect(text).toContain('"min": "19');
  });

  test("are the same text each time, and read back as they were", async () => {
    const path = fileOf(csvOf(randomRows(8, 400)));
    const one = await learnt(path);
    expect((await learnt(path)).text).toBe(one.text);
    expect(expectationsText(one.expectations)).toBe(one.text);
  });

  describeWithSharedData("real tables", (data) => {
    test.each([
      "penguins.parquet",
      "telco-churn.csv.gz",
      "titanic.csv.gz",
      "nyc-taxi-trips.csv.gz",
      "breast-cancer-wisconsin.csv.gz",
    ])("hold of %s", async (name) => {
      expect(await failed(`${data}tabular/${name}`)).toEqual([]);
    });

    test("adult: the test file is as the training file, and three spoilt cells are found", async () => {
      const { expectations: expected } = await learnt(`${data}tabular/adult-train.csv.gz`);
      const report = await checkTable(`${data}tabular/adult-test.csv.gz`, expected, "expect.json");
      expect(report.checks.filter(({ passed }) => !passed)).toEqual([]);
      const sql = `SELECT * REPLACE (CASE WHEN rowid = 3 THEN 999 ELSE age END AS age, CASE WHEN rowid = 5 THEN 'F' ELSE sex END AS sex, CASE WHEN rowid = 8 THEN NULL ELSE income END AS income) FROM (SELECT *, row_number() OVER () AS rowid FROM "adult-test.csv")`;
      const spoilt = await checkTable(`${data}tabular/adult-test.csv.gz`, expected, "expect.json", {
        sql: sql.replace('"adult-test.csv"', '"adult-test"'),
      });
      const failing = spoilt.checks.filter(({ passed }) => !passed);
      expect(
        failing.map(({ columns, expectation, examples }) => [columns[0], expectation, examples]),
      ).toEqual([
        ["age", "range", [{ row: 3, value: "999" }]],
        ["sex", "values", [{ row: 5, value: "F" }]],
        ["income", "missing", [{ row: 8, value: null }]],
      ]);
      expect(spoilt.otherColumns).toEqual(["rowid"]);
    });
  });
});
