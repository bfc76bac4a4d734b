/**
 * A table or query of MySQL or MariaDB, streamed inside a read-only transaction.
 *
 * The server sends text, and its column types say what the text is: a DATETIME is wall-clock time, a TIMESTAMP an
 * instant (sent in UTC), TINYINT(1) and BIT(1) are booleans. Numbers stay as they are written, so no digit of a
 * DECIMAL or BIGINT is lost here. A date that is none (0000-00-00) is missing. A password is in no message.
 */
import { once } from "node:events";
import type { WriteStream } from "node:fs";
import { MillwrightError, nearest } from "../../core/index.ts";
import type { Finding } from "../finding.ts";
import { decoded } from "../percent-decoded.ts";
import type { RawSource } from "../raw-source.ts";
import type { DatabaseRequest } from "./sqlite-source.ts";
import { csvCell, throughTemporaryCsv } from "./temporary-csv.ts";

type Driver = typeof import("mysql2");
type Connection = import("mysql2").Connection;
type Field = import("mysql2").Field;

const connectMs = 10_000;
/** Rows between two writes. */
const batchRows = 2000;
/** Failures to reach a server, or to be let in. */
const unreachable =
  /^(E[A-Z]+|PROTOCOL_CONNECTION_LOST|HANDSHAKE_\w+|AUTH_\w+|ER_ACCESS_DENIED\w*|ER_DBACCESS_DENIED_ERROR|ER_BAD_DB_ERROR|ER_CON_COUNT_ERROR|ER_HOST_\w+|ER_TOO_MANY_USER_CONNECTIONS|ER_USER_LIMIT_REACHED)$/;

/** Column types of the protocol. */
const types = { tiny: 1, timestamp: 7, date: 10, datetime: 12, newDate: 14, bit: 16, geometry: 255 } as const;
const blobs = new Set([249, 250, 251, 252, 253, 254]);
const binaryCharset = 63;

/**
 * @param url - `mysql://user:password@host:port/database`, without `table`.
 * @throws MillwrightError `SOURCE_UNREACHABLE`, `SOURCE_NOT_FOUND`, `SOURCE_SQL`, `RUNTIME_MISSING`, `PARAMETER_UNKNOWN`.
 */
export async function openMysql(url: URL, request: DatabaseRequest): Promise<RawSource> {
  const owner = `${url.protocol}//${url.host}${url.pathname}`;
  if (request.sql === undefined && request.table === undefined) {
    throw new MillwrightError(
      "SOURCE_SQL",
      `${owner} names a database and no table.`,
      "Add ?table=NAME to the address, or give a query with --sql.",
    );
  }
  const connection = await connect(url, owner);
  try {
    // Instants come in UTC; what would end this transaction begins one that cannot write either.
    await run(connection, "SET time_zone = '+00:00'");
    await run(connection, "SET SESSION TRANSACTION READ ONLY");
    await run(connection, "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
    const query = request.sql?.trim().replace(/;$/, "") ?? `SELECT * FROM ${tableName(request.table!)}`;
    return await readRows(connection, query, owner, new Set());
  } catch (cause) {
    throw await explain(cause, owner, connection, request.table);
  } finally {
    connection.destroy();
  }
}

function tableName(table: string): string {
  return table
    .split(".")
    .map((part) => `\`${part.replaceAll("`", "``")}\``)
    .join(".");
}

async function connect(url: URL, owner: string): Promise<Connection> {
  const ssl = url.searchParams.get("ssl");
  const unknown = [...url.searchParams.keys()].find((name) => name !== "ssl");
  if (unknown !== undefined || (ssl !== null && ssl !== "true" && ssl !== "false")) {
    throw new MillwrightError(
      "PARAMETER_UNKNOWN",
      `${owner} has the parameter ${unknown ?? `ssl=${ssl}`}, which it does not take.`,
      "Give table=NAME, and ssl=true for an encrypted connection.",
    );
  }
  const driver = await load();
  const password = decoded(url.password) || process.env["MYSQL_PWD"];
  const connection = driver.createConnection({
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? 3306 : Number(url.port),
    user: decoded(url.username) || process.env["USER"] || "root",
    ...(password !== undefined && { password }),
    ...(url.pathname.length > 1 && { database: decoded(url.pathname.slice(1)) }),
    ...(ssl === "true" && { ssl: {} }),
    connectTimeout: connectMs,
    charset: "utf8mb4",
    // No code is made from column names, and the server cannot ask for files of this machine.
    disableEval: true,
    flags: ["-LOCAL_FILES"],
  });
  // A connection that is lost later fails the query that waits for it.
  connection.on("error", () => {});
  try {
    await new Promise<void>((resolve, reject) => {
      connection.connect((error) => (error === null ? resolve() : reject(error)));
    });
    return connection;
  } catch (cause) {
    connection.destroy();
    throw refusal(cause, owner);
  }
}

async function load(): Promise<Driver> {
  try {
    const loaded = await import("mysql2");
    return (loaded as unknown as { default?: Driver }).default ?? loaded;
  } catch (cause) {
    throw new MillwrightError(
      "RUNTIME_MISSING",
      "Reading MySQL needs the package mysql2, which is not installed.",
      "Install it: npm install mysql2",
      { cause },
    );
  }
}

function run(connection: Connection, sql: string): Promise<readonly (readonly unknown[])[]> {
  return new Promise((resolve, reject) => {
    connection.query({ sql, rowsAsArray: true }, (error, rows) =>
      error === null ? resolve(rows as readonly (readonly unknown[])[]) : reject(error),
    );
  });
}

/** Thrown when a column declared for booleans holds other numbers: then all of it is numbers. */
class NotBoolean extends Error {
  readonly column: number;

  constructor(column: number) {
    super("a number where booleans were expected");
    this.column = column;
  }
}

/** @param numbers - Columns that are not boolean, though their type says so. */
async function readRows(
  connection: Connection,
  query: string,
  owner: string,
  numbers: ReadonlySet<number>,
): Promise<RawSource> {
  const noDates = new Map<string, number>();
  try {
    const write = (out: WriteStream): Promise<void> => writeRows(connection, query, out, numbers, noDates);
    const source = await throughTemporaryCsv(owner, write);
    const read = source.findings.bind(source);
    return Object.assign(source, { findings: () => [...dateFindings(noDates), ...read()] });
  } catch (error) {
    if (!(error instanceof NotBoolean)) throw error;
    return readRows(connection, query, owner, new Set([...numbers, error.column]));
  }
}

function dateFindings(noDates: ReadonlyMap<string, number>): readonly Finding[] {
  return [...noDates].map(([column, count]) => ({
    kind: "missingCode",
    column,
    evidence: `${count} ${count === 1 ? "date is" : "dates are"} none, as 0000-00-00, and read as missing.`,
    effect: "readAs",
    undo: null,
    numbers: { count },
  }));
}

async function writeRows(
  connection: Connection,
  query: string,
  out: WriteStream,
  numbers: ReadonlySet<number>,
  noDates: Map<string, number>,
): Promise<void> {
  let cells: readonly ((value: Buffer) => string)[] | undefined;
  const sent = connection.query({ sql: query, rowsAsArray: true, typeCast: false });
  const rows = sent.stream({ highWaterMark: batchRows });
  rows.on("fields", (fields: readonly Field[] | undefined) => {
    // A statement without rows has none, and one that calls a procedure may have several.
    if (fields === undefined) return;
    if (cells !== undefined) return void rows.destroy(new Error("it gives more than one table"));
    cells = fields.map((field, column) => reader(field, column, numbers, noDates));
    out.write(`${fields.map((field) => csvCell(field.name)).join(",")}\n`);
  });
  let text = "";
  let count = 0;
  for await (const row of rows as AsyncIterable<readonly (Buffer | null)[]>) {
    if (cells === undefined || !Array.isArray(row)) break;
    text += `${cells.map((cell, at) => (row[at] === null ? "" : csvCell(cell(row[at]!)))).join(",")}\n`;
    if (++count % batchRows > 0) continue;
    if (!out.write(text)) await once(out, "drain");
    text = "";
  }
  if (cells === undefined) throw new Error("it gives no rows");
  out.write(text);
}

/** How the text of a column's values becomes a cell. */
function reader(
  field: Field,
  column: number,
  numbers: ReadonlySet<number>,
  noDates: Map<string, number>,
): (value: Buffer) => string {
  const { columnType: type, columnLength: length, characterSet } = field;
  const truth = (bit: string): string => {
    if (bit === "1") return "true";
    if (bit === "0") return "false";
    throw new NotBoolean(column);
  };
  const whole = numbers.has(column);
  if (type === types.bit) {
    const value = (bytes: Buffer): string => BigInt(`0x${bytes.toString("hex") || "0"}`).toString();
    return length === 1 ? (bytes) => truth(value(bytes)) : value;
  }
  if (type === types.tiny && length === 1 && !whole) return (bytes) => truth(bytes.toString("latin1"));
  if (type === types.datetime || type === types.timestamp || type === types.date || type === types.newDate) {
    return (bytes) => {
      const text = bytes.toString("latin1");
      // Year, month or day may be 0, each of which is no date.
      if (/^0000-|-00/.test(text.slice(0, 10))) {
        noDates.set(field.name, (noDates.get(field.name) ?? 0) + 1);
        return "";
      }
      return type === types.timestamp ? `${text}Z` : text;
    };
  }
  const binary = type === types.geometry || (blobs.has(type) && characterSet === binaryCharset);
  return binary ? (bytes) => bytes.toString("hex") : (bytes) => bytes.toString("utf8");
}

function refusal(cause: unknown, owner: string): MillwrightError {
  const { code = "", message } = cause as { code?: string; message: string };
  return new MillwrightError(
    "SOURCE_UNREACHABLE",
    `${owner} cannot be reached: ${(message || code).replace(/\.$/, "")}.`,
    "Check host, port, user, password and database, and that the server runs.",
    { cause },
  );
}

async function explain(
  cause: unknown,
  owner: string,
  connection: Connection,
  table: string | undefined,
): Promise<unknown> {
  if (cause instanceof MillwrightError) return cause;
  const { code = "", message } = cause as { code?: string; message: string };
  if (unreachable.test(code)) return refusal(cause, owner);
  if (table !== undefined && code === "ER_NO_SUCH_TABLE") {
    const names = await run(connection, "SHOW TABLES").catch(() => []);
    const known = names.map(([name]) => String(name));
    const guess = nearest(table, known);
    return new MillwrightError(
      "SOURCE_NOT_FOUND",
      `${owner} has no table "${table}" among its ${known.length}${guess === undefined ? "" : `; the nearest name is "${guess}"`}.`,
      `Name one with ?table=${guess ?? known[0] ?? "NAME"}, or give a query with --sql.`,
      { cause },
    );
  }
  return new MillwrightError(
    "SOURCE_SQL",
    `The query on ${owner} failed: ${message.replace(/\.$/, "")}.`,
    "Correct the query.",
    { cause },
  );
}
