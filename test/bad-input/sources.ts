/** Broken sources: what cannot be reached, read or understood as a table. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { type BadInput, goodTable, train } from "./case.ts";

const lines = goodTable().trim().split("\n");

/** A workbook of three sheets: sales, R&D "notes", empty. */
const workbook = readFileSync(join(import.meta.dirname, "../golden/workbooks/openpyxl.xlsx"));

/** A zstd file of a small table, whose checksum is not its own. */
const damagedZstd = Buffer.from(
  "KLUv/QRYeQEAYSxiCjAsMAoxLDcKMiwxNAozLDIxCjQsMjgKNSwzNQo2LDQyCjcsNDkKOCw1NgpI5kRh",
  "base64",
);

export const badSources: readonly BadInput[] = [
  {
    name: "an empty file",
    files: { "data.csv": "" },
    command: train(),
    code: "DATA_EMPTY",
    says: ["data.csv is empty"],
  },
  {
    name: "a folder of pictures mistyped",
    files: { photos: null },
    command: ["train", "./photo", "--image-size", "32"],
    code: "SOURCE_NOT_FOUND",
    says: ["no file and no folder", "photo", 'nearest name there is "photos"'],
  },
  {
    name: "a file of blank lines",
    files: { "data.csv": "\n\n  \n" },
    command: train(),
    code: "DATA_EMPTY",
    says: ["data.csv is empty"],
  },
  {
    name: "a byte order mark and nothing else",
    files: { "data.csv": Uint8Array.of(0xef, 0xbb, 0xbf) },
    command: ["look", "./data.csv"],
    code: "DATA_EMPTY",
    says: ["data.csv is empty"],
  },
  {
    name: "a header and no rows",
    files: { "data.csv": "size,age,price\n" },
    command: train(),
    code: "DATA_EMPTY",
    says: ["3 columns", "no rows"],
  },
  {
    name: "an empty Parquet file",
    files: { "data.parquet": "" },
    command: ["look", "./data.parquet"],
    code: "SOURCE_FORMAT",
    says: ["data.parquet", "parquet"],
  },
  {
    name: "text that calls itself Parquet",
    files: { "data.parquet": goodTable() },
    command: ["look", "./data.parquet"],
    code: "SOURCE_FORMAT",
    says: ["data.parquet", "parquet"],
  },
  {
    name: "a Parquet file cut off",
    files: { "data.parquet": new Uint8Array(200).map((_, i) => (i < 4 ? "PAR1".charCodeAt(i) : i)) },
    command: ["look", "./data.parquet"],
    code: "SOURCE_FORMAT",
    says: ["data.parquet"],
  },
  {
    name: "broken JSON",
    files: { "data.json": '[{"a": 1}, {"a": ' },
    command: ["look", "./data.json"],
    code: "SOURCE_FORMAT",
    says: ["data.json"],
  },
  {
    name: "NDJSON with a broken line",
    files: { "data.ndjson": '{"a": 1}\n{"a": \n{"a": 3}\n' },
    command: ["look", "./data.ndjson"],
    code: "SOURCE_FORMAT",
    says: ["data.ndjson"],
  },
  {
    name: "binary garbage as CSV",
    files: { "data.csv": Uint8Array.from({ length: 5000 }, (_, i) => (i * 7919 + (i >> 3) * 31) % 256) },
    command: ["look", "./data.csv"],
    code: "SOURCE_FORMAT",
    says: ["data.csv", "not text"],
  },
  {
    name: "a PNG image as CSV",
    files: {
      "data.csv": Buffer.concat([
        Buffer.from("89504e470d0a1a0a0000000d49484452", "hex"),
        Buffer.alloc(900, 0),
      ]),
    },
    command: ["look", "./data.csv"],
    code: "SOURCE_FORMAT",
    says: ["data.csv", "not text"],
  },
  {
    name: "a damaged gzip file",
    files: { "data.csv.gz": gzipSync(goodTable(2000)).subarray(0, 4000) },
    command: ["look", "./data.csv.gz"],
    code: "SOURCE_UNREADABLE",
    says: ["data.csv.gz", "gzip"],
  },
  {
    name: "a damaged zstd file",
    needs: "fzstd",
    files: { "data.csv.zst": damagedZstd },
    command: ["look", "./data.csv.zst"],
    code: "SOURCE_UNREADABLE",
    says: ["data.csv.zst", "zstd", "checksum"],
  },
  {
    name: "a zstd file cut off",
    needs: "fzstd",
    files: { "data.csv.zst": damagedZstd.subarray(0, 40) },
    command: train("--format", "csv").map((word) => word.replace("data.csv", "data.csv.zst")),
    code: "SOURCE_UNREADABLE",
    says: ["data.csv.zst", "zstd", "ends inside"],
  },
  {
    name: "a sheet that is not there",
    files: { "book.xlsx": workbook },
    command: ["look", "./book.xlsx", "--sheet", "sale"],
    code: "SOURCE_NOT_FOUND",
    says: ["book.xlsx", 'no sheet "sale" among its 3', '"sales"', "--sheet"],
  },
  {
    name: "a sheet that is empty",
    needs: "read-excel-file",
    files: { "book.xlsx": workbook },
    command: ["look", "./book.xlsx", "--sheet", "empty"],
    code: "DATA_EMPTY",
    says: ['"empty"', "book.xlsx", "--sheet"],
  },
  {
    name: "text that calls itself a workbook",
    files: { "book.xlsx": goodTable() },
    command: ["look", "./book.xlsx"],
    code: "SOURCE_FORMAT",
    says: ["book.xlsx", "Excel", "zip"],
  },
  {
    name: "a workbook of the old kind",
    files: { "book.xlsx": Buffer.from("d0cf11e0a1b11ae1".padEnd(600, "0"), "hex") },
    command: ["look", "./book.xlsx"],
    code: "SOURCE_FORMAT",
    says: ["book.xlsx", ".xls", "password"],
  },
  {
    name: "a workbook cut off",
    files: { "book.xlsx": workbook.subarray(0, workbook.length / 2) },
    command: train().map((word) => word.replace("data.csv", "book.xlsx")),
    code: "SOURCE_FORMAT",
    says: ["book.xlsx", "Excel", "zip"],
  },
  {
    name: "a workbook with bytes broken inside",
    needs: "read-excel-file",
    files: {
      "book.xlsx": Buffer.concat([workbook.subarray(0, 60), Buffer.alloc(3000, 7), workbook.subarray(3060)]),
    },
    command: ["look", "./book.xlsx"],
    code: "SOURCE_FORMAT",
    says: ["book.xlsx", "Excel"],
  },
  {
    name: "text that calls itself UTF-16",
    files: { "data.csv": Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(goodTable())]) },
    command: train(),
    code: "TARGET_MISSING",
    says: ["data.csv"],
  },
  {
    name: "Latin-1 read as UTF-8 by order",
    files: { "data.csv": Buffer.from("näme,wert\nMüller,1\nMeier,2\n", "latin1") },
    command: ["look", "./data.csv", "--encoding", "utf-8"],
    code: "DATA_ENCODING",
    says: ["data.csv", "UTF-8", "--encoding"],
  },
  {
    name: "ragged rows",
    files: {
      "data.csv": `${lines.map((line, i) => (i % 5 === 3 ? `${line},surplus` : line)).join("\n")}\n`,
    },
    command: train(),
    code: "DATA_RAGGED_ROWS",
    says: ["12 of 60 rows", "4 fields", "line 4 (5 fields)", "--delimiter"],
  },
  {
    name: "a quote that is never closed",
    files: { "data.csv": `${lines.slice(0, 30).join("\n")}\n5,6,"red,70\n${lines.slice(30).join("\n")}\n` },
    command: train(),
    code: "DATA_RAGGED_ROWS",
    says: ["data.csv", "quote"],
  },
  {
    name: "two columns with one name",
    files: { "data.csv": "size,age,size,price\n1,2,3,4\n5,6,7,8\n" },
    command: train(),
    code: "SCHEMA_DUPLICATE_COLUMN",
    says: ['two columns named "size"', "4", "Rename"],
  },
  {
    name: "10,000 columns",
    files: {
      "data.csv": `${Array.from({ length: 10_000 }, (_, i) => `c${i}`).join(",")}\n${Array.from({ length: 10_000 }, (_, i) => i).join(",")}\n`,
    },
    command: ["train", "./data.csv", "--target", "c0", "--out", "./out"],
    code: "DATA_TOO_MANY_COLUMNS",
    says: ["10000 columns", "9999", "--sql"],
  },
  {
    name: "a folder as a file",
    files: { "data.csv": null },
    command: train(),
    code: "SOURCE_UNREADABLE",
    says: ["data.csv is a folder", "*.csv"],
  },
  {
    name: "a file that is not there",
    files: { "customers.csv": goodTable() },
    command: ["look", "./custmers.csv"],
    code: "SOURCE_NOT_FOUND",
    says: ["custmers.csv", 'nearest name in its folder is "customers.csv"'],
  },
  {
    name: "a folder that is not there",
    command: ["look", "./nowhere/data.csv"],
    code: "SOURCE_NOT_FOUND",
    says: ["no folder", "nowhere"],
  },
  {
    name: "a pattern that matches nothing",
    files: { "data.csv": goodTable() },
    command: ["look", "./*.tsv"],
    code: "SOURCE_NOT_FOUND",
    says: ["No file matches", "*.tsv"],
  },
  {
    name: "an extension that names no format",
    files: { "data.xyz": goodTable() },
    command: ["look", "./data.xyz"],
    code: "SOURCE_FORMAT",
    says: [".xyz", "--format", "csv"],
  },
  {
    name: "files of two formats",
    files: { "a.csv": goodTable(), "b.json": "[]" },
    command: ["look", "./a.csv", "./b.json"],
    code: "SOURCE_FORMAT",
    says: ["a.csv is csv", "b.json is json", "--sql"],
  },
  {
    name: "files with different columns",
    files: { "a.csv": "x,y\n1,2\n", "b.csv": "x,z\n1,2\n" },
    command: ["look", "./a.csv", "./b.csv"],
    code: "SCHEMA_MISMATCH",
    says: ['"y"', '"z"', "lacks the column"],
  },
  {
    name: "a query with a mistake",
    files: { "data.csv": goodTable() },
    command: ["look", "./data.csv", "--sql", "SELEKT * FROM data"],
    code: "SOURCE_SQL",
    says: ["SELEKT"],
  },
  {
    name: "a query on a table that is not there",
    files: { "data.csv": goodTable() },
    command: ["look", "./data.csv", "--sql", "SELECT * FROM dada"],
    code: "SOURCE_SQL",
    says: ["dada", "data"],
  },
  {
    name: "a query that gives no rows",
    files: { "data.csv": goodTable() },
    command: ["look", "./data.csv", "--sql", "SELECT * FROM data WHERE size > 1000"],
    code: "DATA_EMPTY",
    says: ["no rows"],
  },
  {
    name: "a query that writes a file",
    files: { "data.csv": goodTable() },
    command: ["look", "./data.csv", "--sql", "COPY data TO 'out.csv'"],
    code: "SOURCE_SQL",
    says: ["COPY"],
  },
  {
    name: "two files with one view name",
    files: { "a/data.csv": goodTable(), "b/data.csv": goodTable() },
    command: ["look", "./a/data.csv", "./b/data.csv", "--sql", "SELECT * FROM data"],
    code: "PARAMETER_CONFLICT",
    says: ['view "data"', "Rename"],
  },
  {
    name: "a PostgreSQL server that does not answer",
    command: ["look", "postgres://user:secret-word@127.0.0.1:1/shop?table=orders"],
    code: "SOURCE_UNREACHABLE",
    says: ["127.0.0.1", "1"],
  },
  {
    name: "a PostgreSQL address that is none",
    command: ["look", "postgres://user:secret-word@:::/"],
    code: "SOURCE_UNREACHABLE",
    says: ["PostgreSQL address", "postgres://user:password@host"],
  },
  {
    name: "a MySQL server that does not answer",
    needs: "mysql2",
    command: ["look", "mysql://user:secret-word@127.0.0.1:1/shop?table=orders"],
    code: "SOURCE_UNREACHABLE",
    says: ["mysql://127.0.0.1:1/shop", "ECONNREFUSED"],
  },
  {
    name: "a MySQL address that is none",
    command: ["look", "mysql://user:secret-word@:::/"],
    code: "SOURCE_UNREACHABLE",
    says: ["MySQL address", "mysql://user:password@host"],
  },
  {
    name: "a MySQL database without a table",
    command: ["look", "mysql://user:secret-word@127.0.0.1:1/shop"],
    code: "SOURCE_SQL",
    says: ["mysql://127.0.0.1:1/shop", "?table=NAME", "--sql"],
  },
  {
    name: "a MySQL address with a parameter of its own",
    command: ["look", "mysql://user:secret-word@127.0.0.1:1/shop?table=orders&charset=latin1"],
    code: "PARAMETER_UNKNOWN",
    says: ["charset", "ssl=true"],
  },
  {
    name: "a SQLite file that is not there",
    command: ["look", "./shop.db?table=orders"],
    code: "SOURCE_NOT_FOUND",
    says: ["shop.db"],
  },
  {
    name: "a SQLite file that is none",
    files: { "shop.db": goodTable(200) },
    command: ["look", "./shop.db?table=orders"],
    code: "SOURCE_UNREADABLE",
    says: ["shop.db", "SQLite"],
  },
  {
    name: "a database among files",
    files: { "data.csv": goodTable() },
    command: ["look", "./data.csv", "postgres://localhost/shop"],
    code: "PARAMETER_CONFLICT",
    says: ["database", "2 sources"],
  },
];

/** Needs the MySQL server that MILLWRIGHT_TEST_MYSQL names. */
export function badMysql(server: string): readonly BadInput[] {
  const wrong = new URL(server);
  wrong.password = "secret-word";
  return [
    {
      name: "a wrong password of MySQL",
      command: ["look", `${wrong.href}?table=orders`],
      code: "SOURCE_UNREACHABLE",
      says: ["Access denied", "Check host, port, user, password"],
    },
    {
      name: "a table that MySQL does not have",
      command: ["look", `${server}?table=orders`],
      code: "SOURCE_NOT_FOUND",
      says: ['no table "orders"', "?table="],
    },
    {
      name: "a statement of MySQL that writes",
      command: ["look", server, "--sql", "CREATE TABLE orders (n INT)"],
      code: "SOURCE_SQL",
      says: ["READ ONLY"],
    },
  ];
}
