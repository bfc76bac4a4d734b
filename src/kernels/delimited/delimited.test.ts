import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRandom } from "../../core/index.ts";
import { DelimitedParser, type Dialect, type FieldPlan, InvalidUtf8 } from "./delimited.ts";
import { parseReference } from "./reference.ts";

const comma: Dialect = { delimiter: 44, quote: 34, escape: 34, newline: 10 };

/** Everything that a parser gives for a text fed in pieces of some size. */
function parse(
  text: string | Uint8Array,
  plans: readonly FieldPlan[],
  dialect = comma,
  pieceBytes = 1 << 20,
) {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  const parser = new DelimitedParser(dialect, plans, 1);
  const columns: (number | string | null)[][] = plans.map(() => []);
  const codes: number[][] = plans.map(() => []);
  let rowCount = 0;
  const drain = (last: boolean): void => {
    for (;;) {
      const batch = parser.next(last);
      rowCount += batch.rowCount;
      for (const [column, plan] of plans.entries()) {
        if (plan === "string") codes[column]!.push(...parser.codes(column, batch.rowCount));
        else if (plan !== "skip") columns[column]!.push(...parser.numbers(column, batch.rowCount));
      }
      if (!batch.more) return;
    }
  };
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    parser.feed(bytes.subarray(at, at + pieceBytes));
    drain(false);
  }
  drain(true);
  const finished = plans.map((plan, column) => {
    if (parser.isOdd(column)) return undefined;
    if (plan !== "string") return columns[column]!;
    const strings = parser.strings(column, 0);
    expect(new Set(strings).size).toBe(strings.length);
    return codes[column]!.map((code) => (code < 0 ? null : strings[code]!));
  });
  return {
    rowCount,
    columns: finished,
    ragged: parser.ragged,
    left: parser.unparsedBytes,
    line: parser.line,
  };
}

const field = fc.oneof(
  fc.constantFrom(
    "",
    " ",
    "a",
    "bc",
    "0",
    "1.5",
    "-2e3",
    "007",
    '"q"',
    '"a,b"',
    '"x""y"',
    '"two\nlines"',
    '""',
    '5" pipe',
    "ü€😀",
  ),
  fc.string({ maxLength: 20, unit: fc.constantFrom("a", "b", "1", ".", "-", " ", "é") }),
  fc.double({ noNaN: true }).map(String),
);

describe("against the reference", () => {
  test.each<[string, Dialect]>([
    ["commas", comma],
    ["semicolons without quotes", { delimiter: 59, quote: 0, escape: 0, newline: 10 }],
    ["tabs, backslashes", { delimiter: 9, quote: 34, escape: 92, newline: 10 }],
    ["carriage returns", { delimiter: 44, quote: 39, escape: 39, newline: 13 }],
  ])("any text of fields gives the same rows, whatever its pieces: %s", (_name, dialect) => {
    const separator = String.fromCharCode(dialect.delimiter);
    const newline = fc.constantFrom("\n", "\r\n", "\r", "\n\n");
    const row = fc.tuple(fc.array(field, { minLength: 1, maxLength: 4 }), newline);
    fc.assert(
      fc.property(
        fc.array(row, { maxLength: 30 }),
        fc.integer({ min: 1, max: 50 }),
        fc.boolean(),
        (rows, piece, cut) => {
          const text = rows.map(([cells, end]) => cells.join(separator) + end).join("");
          const whole = cut ? text.trimEnd() : text;
          const plans = ["string", "number", "string"] as const;
          const expected = parseReference(whole, dialect, plans);
          const got = parse(whole, plans, dialect, piece);
          expect({
            rowCount: got.rowCount,
            columns: got.columns.map((column) => column?.map(String)),
          }).toEqual({
            rowCount: expected.rowCount,
            columns: expected.columns.map((column) => column?.map(String)),
          });
          expect(got.ragged).toEqual(expected.ragged.slice(0, 20));
        },
      ),
      { seed: 1, numRuns: 400 },
    );
  });

  test.each<[string, string]>([
    ["line feeds", "\n"],
    ["carriage returns before them", "\r\n"],
  ])("plain rows with an odd one among them, cut anywhere: %s", (_name, newline) => {
    const random = createRandom(5);
    const odd = [
      '1,"a,b",2',
      '1,"two\nlines",2',
      "1,2",
      "",
      "1,2,3,4",
      "1,2,3,",
      '1,5" pipe,2',
      ",,",
      " 7 ,x,\t8",
    ];
    const plans = ["number", "string", "number"] as const;
    for (let round = 0; round < 60; round++) {
      const rows = Array.from({ length: 40 }, () =>
        random.next() < 0.08
          ? odd[random.integer(odd.length)]!
          : `${random.normal()},${"w".repeat(random.integer(1 + round))},${random.integer(1000)}`,
      );
      const text = rows.join(newline) + (round % 2 === 0 ? newline : "");
      const expected = parseReference(text, comma, plans);
      const got = parse(text, plans, comma, 100 + random.integer(1000));
      expect(got.rowCount).toBe(expected.rowCount);
      expect(got.columns.map(String)).toEqual(expected.columns.map(String));
      expect(got.ragged).toEqual(expected.ragged.slice(0, 20));
    }
  });

  test("more rows than a batch holds, and more strings than the first tables hold", () => {
    const random = createRandom(3);
    const lines = Array.from(
      { length: 40_000 },
      (_, row) => `${row},word ${random.integer(20_000)},${random.next()}`,
    );
    const text = `${lines.join("\n")}\n`;
    const plans = ["number", "string", "number"] as const;
    const { rowCount, columns } = parse(text, plans, comma, 100_000);
    const expected = parseReference(text, comma, plans);
    expect(rowCount).toBe(40_000);
    expect(columns.map((column) => column!.join())).toEqual(expected.columns.map((column) => column!.join()));
  });
});

describe("numbers", () => {
  test("round as `Number` does, to the last bit", () => {
    const random = createRandom(9);
    const words = new Float64Array(1);
    const bits = new Uint32Array(words.buffer);
    const texts = [
      "0",
      "-0",
      "1e22",
      "1e23",
      "9007199254740993",
      "9007199254740992.5",
      "1e-45",
      "4.9e-324",
      "1.7976931348623157e308",
      "2.2250738585072011e-308",
      "123456789012345678901234567890",
      "0.1",
      "1e400",
      "8.5",
      "-1.1174680610495122",
      "6.0221407600000000000000001e23",
    ];
    for (let i = 0; i < 60_000; i++) {
      bits[0] = random.integer(4294967296);
      bits[1] = random.integer(4294967296);
      if (Number.isFinite(words[0]!)) texts.push(String(words[0]));
      const digits = 1 + random.integer(21);
      const mantissa = Array.from({ length: digits }, (_, at) =>
        at === 0 ? 1 + random.integer(9) : random.integer(10),
      ).join("");
      texts.push(
        `${mantissa}e${random.integer(120) - 60}`,
        `0.${mantissa}`,
        (random.normal() * 1000).toPrecision(17),
      );
    }
    const finite = texts.filter((text) => Number.isFinite(Number(text)));
    const { columns } = parse(finite.join("\n"), ["number"]);
    const wrong = finite.filter((text, at) => !Object.is(columns[0]![at], Number(text)));
    expect(wrong).toEqual([]);
    expect(parse("1\n1e400\n", ["number"]).columns).toEqual([undefined]);
  });

  test("of every length and with a point at every place", () => {
    const random = createRandom(21);
    const texts: string[] = [];
    for (let length = 1; length <= 24; length++) {
      for (let point = -1; point <= length; point++) {
        for (let round = 0; round < 8; round++) {
          const digits = Array.from({ length }, () => random.integer(10)).join("");
          const body = point < 0 ? digits : `${digits.slice(0, point)}.${digits.slice(point)}`;
          texts.push((["", "-", "+"][round % 3] ?? "") + body.replace(/^0+(?=\d)/, ""));
        }
      }
    }
    const { columns } = parse(`${texts.join("\n")}\n`, ["number"]);
    const wrong = texts.filter((text, at) => !Object.is(columns[0]![at], Number(text)));
    expect(wrong).toEqual([]);
  });

  test("of any characters are told apart from what is none, at every length", () => {
    const random = createRandom(22);
    const letters = "0123456789012345678901234567890123456789.-+e /:\xff";
    const plans = Array.from({ length: 100 }, () => "number" as const);
    for (let round = 0; round < 60; round++) {
      // Each column of the one row is none or a number by itself.
      const texts = plans.map(() =>
        Array.from({ length: 1 + random.integer(23) }, () => letters[random.integer(letters.length)]).join(
          "",
        ),
      );
      const expected = parseReference(`${texts.join()}\n`, comma, plans).columns;
      const got = parse(`${texts.join()}\n`, plans).columns;
      expect(texts.map((text, at) => [text, got[at]])).toEqual(texts.map((text, at) => [text, expected[at]]));
    }
  });

  test.each([
    "1,5",
    "$1",
    "12 %",
    "0x10",
    "1_000",
    "NaN",
    "inf",
    "-",
    ".",
    "1e",
    "1e+",
    "--1",
    "01",
    "-00.5",
    "1.2.3",
    "1 2",
    "١",
  ])("%j is no plain number", (text) => {
    expect(parse(`"1"\n"${text}"\n`, ["number"]).columns).toEqual([undefined]);
  });
});

describe("datetimes", () => {
  test.each([
    ["2019-03-23", Date.UTC(2019, 2, 23)],
    ["2000-02-29 23:59", Date.UTC(2000, 1, 29, 23, 59)],
    ["1899-12-31T00:00:01", Date.UTC(1899, 11, 31, 0, 0, 1)],
    ["2019-03-23T20:21:09.123456", Date.UTC(2019, 2, 23, 20, 21, 9, 123)],
    ["2019-03-23T20:21:09Z", Date.UTC(2019, 2, 23, 20, 21, 9)],
    ["2019-03-23 20:21:09.5+02:00", Date.UTC(2019, 2, 23, 18, 21, 9, 500)],
    ["2019-03-23 20:21-0330", Date.UTC(2019, 2, 23, 23, 51)],
    ["2019-03-23 20:21:09+02", Date.UTC(2019, 2, 23, 18, 21, 9)],
    [" 2019-03-23 ", Date.UTC(2019, 2, 23)],
  ])("%j", (text, time) => {
    expect(parse(`${text}\n`, ["datetime"]).columns).toEqual([[time]]);
    expect(parseReference(`${text}\n`, comma, ["datetime"]).columns).toEqual([[time]]);
  });

  test.each([
    "2019-02-29",
    "2019-13-01",
    "2019-00-10",
    "19-03-23",
    "2019/03/23",
    "2019-03-23T24:00",
    "2019-03-23 20",
    "2019-03-23 20:60",
    "2019-03-23T20:21:09.",
    "2019-03-23T20:21:09+1",
    "2019-03-23x",
    "yesterday",
    "2019-03-23 20:21 UTC",
  ])("%j is none", (text) => {
    expect(parse(`${text}\n`, ["datetime"]).columns).toEqual([undefined]);
    expect(parseReference(`${text}\n`, comma, ["datetime"]).columns).toEqual([undefined]);
  });

  test("a column has a zone in every cell or in none", () => {
    expect(parse("2019-03-23\n2019-03-23T00:00Z\n", ["datetime"]).columns).toEqual([undefined]);
    expect(parse("2019-03-23T01:00Z\n\n2019-03-23T00:00Z\n", ["datetime"]).rowCount).toBe(3);
  });
});

test("a cell of 3 MB, a row of 20,000 fields", () => {
  const long = "x".repeat(3_000_000);
  const { columns } = parse(`1,${long}\n2,"${long}"\n`, ["number", "string"], comma, 1 << 16);
  expect(columns[1]).toEqual([long, long]);
  const wide = Array.from({ length: 20_000 }, (_, at) => at);
  const { columns: many, rowCount } = parse(
    `${wide.join()}\n${wide.join()}`,
    wide.map(() => "number" as const),
  );
  expect(rowCount).toBe(2);
  expect(many[19_999]).toEqual([19_999, 19_999]);
});

test("an open quote leaves its row, and tells where it began", () => {
  const got = parse('1,a\n2,"b\n3,c\n', ["number", "string"]);
  expect(got).toMatchObject({ rowCount: 1, left: 9, line: 2 });
});

test("strings that are not UTF-8 are told", () => {
  expect(() => parse(Uint8Array.of(0xe9, 10), ["string"])).toThrow(InvalidUtf8);
});
