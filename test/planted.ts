/**
 * A table with secrets in every kind of column, and the ways in which each could
 * stand in a file: text of a value, its bytes as a number, its date.
 *
 * Most rows look alike, as they must for a model to learn something; the planted
 * values are held by fewer than five rows.
 */
import { createRandom, type Random } from "../src/core/index.ts";

export interface Planted {
  readonly csv: string;
  /** Texts that no file may hold. */
  readonly texts: readonly string[];
  /** Numbers of one row each: no file may hold them, in full digits or as bytes of a double. */
  readonly numbers: readonly number[];
  /** Numbers so far out that not even their first digits may stand in a file. */
  readonly extremes: readonly number[];
}

const extremeSpend = 538271946.5;
const cities = ["Berlin", "Hamburg", "Munich", "Cologne", "Bremen", "Dresden"];
const words = [
  "late",
  "parcel",
  "friendly",
  "phone",
  "again",
  "invoice",
  "wrong",
  "thanks",
  "delivery",
  "cold",
];

/** @param target - Two classes that the columns tell, or a number that they tell. */
export function plantedTable(target: "left" | "spend", rowCount = 400): Planted {
  const random = createRandom(11);
  const texts: string[] = [];
  const numbers: number[] = [];
  /** Letters only, so that a cell of them is a word and no number. */
  const secret = (prefix: string, at: number): string => {
    const letters = (at * 7919 + 104729).toString(36).replace(/\d/g, (digit) => "qjxzvwkyhf"[Number(digit)]!);
    texts.push(`${prefix}${letters}`);
    return `${prefix}${letters}`;
  };
  const unique = (low: number, high: number): number => {
    const value = low + (high - low) * random.next();
    numbers.push(value);
    return value;
  };
  const uniqueWhole = (low: number, high: number): number => {
    const value = low + Math.floor((high - low) * random.next());
    numbers.push(value);
    return value;
  };
  // No run of digits as in 987654: fractions of 81 have that period, and scores are fractions.
  const extremes = [95173846.125, -84629517.25, 71852936474];
  const names =
    "member_no,name,email,household,city,salary,balance,visits,meter,joined,note,loyal,card,weight";
  const lines = [`${names},${target}`];
  for (let row = 0; row < rowCount; row++) {
    const rare = row % 67 === 5;
    const city = rare ? secret("Rareville", row >> 7) : cities[random.integer(cities.length)]!;
    const salary = row === 17 ? extremes[0]! : unique(20_000, 90_000);
    const balance = row === 230 ? extremes[1]! : row % 9 === 0 ? undefined : unique(-5_000, 20_000);
    const visits = row === 301 ? extremes[2]! : random.integer(9);
    const meter = rare ? `"see ${secret("odd-cell-", row)}"` : String(unique(0, 1000));
    const joined =
      row === 50
        ? Date.UTC(1871, 2, 5, 4, 5, 6, 789)
        : uniqueWhole(Date.UTC(2019, 0, 1), Date.UTC(2025, 0, 1));
    texts.push(new Date(joined).toISOString().slice(0, row === 50 ? 7 : 19));
    const note = noteOf(random, row % 23 === 3 ? secret("zyx", row) : undefined);
    const loyal = random.next() < 0.6 ? "yes" : "no";
    const card =
      row % 97 === 1 ? secret("PLATINUM-", row >> 8) : ["basic", "silver", "gold"][random.integer(3)]!;
    const drive =
      (salary - 50_000) / 20_000 + (loyal === "yes" ? 1 : -1) + (city === "Berlin" ? 1 : 0) + random.normal();
    const answer =
      target === "left"
        ? drive > 0
          ? "yes"
          : "no"
        : row === 17
          ? extremeSpend
          : unique(50 * drive, 50 * drive + 40);
    lines.push(
      [
        uniqueWhole(7_310_000_000, 7_390_000_000),
        secret("Name-", row),
        `${secret("user.", row)}@mail${row}.example`,
        secret("house-", row >> 1),
        city,
        salary,
        balance ?? "",
        visits,
        meter,
        new Date(joined).toISOString(),
        `"${note}"`,
        loyal,
        card,
        unique(0.5, 1.5),
        answer,
      ].join(","),
    );
  }
  return {
    csv: `${lines.join("\n")}\n`,
    texts: [...new Set(texts)],
    numbers,
    extremes: [...extremes, ...(target === "spend" ? [extremeSpend] : [])],
  };
}

function noteOf(random: Random, rare: string | undefined): string {
  const chosen = Array.from({ length: 4 + random.integer(5) }, () => words[random.integer(words.length)]!);
  if (rare !== undefined) chosen[2] = rare;
  return chosen.join(" ");
}

/** The secrets that some bytes hold, each with how it stands there. */
export function secretsIn(bytes: Uint8Array, planted: Planted): string[] {
  const all = [...planted.numbers, ...planted.extremes];
  const needles: Needle[] = [
    ...planted.texts.map((secret) => ({ bytes: Buffer.from(secret), what: `the text ${secret}` })),
    ...all.map((value) => ({ bytes: Buffer.from(String(value)), what: `the digits of ${value}` })),
    ...all.map((value) => ({ bytes: doubleOf(value), what: `the double ${value}` })),
    ...all.map((value) => ({
      bytes: doubleOf(roundedToFloat(value)),
      what: `the float ${value}, as a double`,
    })),
    ...planted.extremes.flatMap((value) =>
      firstDigits(value).map((digits) => ({
        bytes: Buffer.from(digits),
        what: `the first digits of ${value}`,
      })),
    ),
  ];
  return findNeedles(bytes, needles);
}

interface Needle {
  readonly bytes: Buffer;
  readonly what: string;
}

const doubleOf = (value: number): Buffer => Buffer.from(Float64Array.of(value).buffer);

/** What a column of floats holds; whole numbers beyond 2^24 are never read as floats. */
const roundedToFloat = (value: number): number => (Number.isInteger(value) ? value : Math.fround(value));

/** How the beginning of a number is written: 987654, 987,654, 9.8765. */
function firstDigits(value: number): string[] {
  const size = Math.abs(value);
  const digits = String(size).replace(".", "");
  const grouped = Math.trunc(size).toLocaleString("en-US");
  return [digits.slice(0, 6), grouped.slice(0, 7), `${digits[0]}.${digits.slice(1, 5)}`];
}

/** One pass over the bytes, whatever the number of needles: the last four bytes of each tell where to look. */
function findNeedles(bytes: Uint8Array, needles: readonly Needle[]): string[] {
  const haystack = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const byMark = new Map<number, Needle[]>();
  // Beginnings are shared ("Name-"), and the last bytes of a double hold its sign and exponent.
  const markAt = (needle: Needle): number => needle.bytes.length - 4;
  for (const needle of needles) {
    const mark = needle.bytes.readUInt32LE(markAt(needle));
    byMark.set(mark, [...(byMark.get(mark) ?? []), needle]);
  }
  const found = new Set<string>();
  for (let at = 0; at + 4 <= haystack.length; at++) {
    const candidates = byMark.get(haystack.readUInt32LE(at));
    for (const needle of candidates ?? []) {
      const start = at - markAt(needle);
      if (start >= 0 && haystack.compare(needle.bytes, 0, needle.bytes.length, start, at + 4) === 0)
        found.add(needle.what);
    }
  }
  return needles.map(({ what }) => what).filter((what) => found.has(what));
}
