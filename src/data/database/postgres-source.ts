/**
 * A table or query of PostgreSQL: the server copies it out as CSV, inside a read-only transaction.
 *
 * Dates come in ISO form, instants in UTC, booleans as true and false; a password is in no message.
 */
import { pipeline } from "node:stream/promises";
import type { WriteStream } from "node:fs";
import { MillwrightError } from "../../core/index.ts";
import { sqlName } from "../duckdb/read-query.ts";
import type { RawSource } from "../raw-source.ts";
import type { DatabaseRequest } from "./sqlite-source.ts";
import { throughTemporaryCsv } from "./temporary-csv.ts";

type Client = import("postgres").Sql;

const connectSeconds = 10;
const booleanType = 16;
/** Codes and names of failures to reach a server, or to be let in. */
const unreachable = /^(E[A-Z]+|CONNECT_TIMEOUT|CONNECTION_[A-Z]+|28\w{3}|3D000|57P\w+|53300)$/;

/**
 * @param url - `postgres://user:password@host:port/database`, without `table`.
 * @throws MillwrightError `SOURCE_UNREACHABLE`, `SOURCE_SQL`, `RUNTIME_MISSING`, `PARAMETER_CONFLICT`.
 */
export async function openPostgres(url: URL, request: DatabaseRequest): Promise<RawSource> {
  const owner = `${url.protocol}//${url.host}${url.pathname}`;
  if (request.sql === undefined && request.table === undefined) {
    throw new MillwrightError(
      "SOURCE_SQL",
      `${owner} names a database and no table.`,
      "Add ?table=NAME to the address, or give a query with --sql.",
    );
  }
  const client = await connect(url);
  try {
    const query = request.sql ?? `SELECT * FROM ${request.table!.split(".").map(sqlName).join(".")}`;
    return await throughTemporaryCsv(owner, (out) => copyOut(client, query, out));
  } catch (cause) {
    throw explain(cause, owner);
  } finally {
    await client.end({ timeout: 5 });
  }
}

async function connect(url: URL): Promise<Client> {
  let postgres: typeof import("postgres");
  try {
    const loaded = await import("postgres");
    postgres = (loaded as unknown as { default: typeof import("postgres") }).default;
  } catch (cause) {
    throw new MillwrightError(
      "RUNTIME_MISSING",
      "Reading PostgreSQL needs the package postgres, which is not installed.",
      "Install it: npm install postgres",
      { cause },
    );
  }
  return postgres(url.href, { max: 1, connect_timeout: connectSeconds, onnotice: () => {} });
}

async function copyOut(client: Client, query: string, out: WriteStream): Promise<void> {
  await client.begin("read only", async (transaction) => {
    await transaction.unsafe("SET LOCAL TimeZone = 'UTC'");
    await transaction.unsafe("SET LOCAL DateStyle = 'ISO'");
    await transaction.unsafe("SET LOCAL extra_float_digits = 1");
    const trimmed = query.trim().replace(/;$/, "");
    const { columns } = await transaction.unsafe(trimmed).describe();
    const names = columns.map((column) => {
      const name = sqlName(column.name);
      if (column.type !== booleanType) return name;
      return `CASE ${name} WHEN true THEN 'true' WHEN false THEN 'false' END AS ${name}`;
    });
    const rows = await transaction
      .unsafe(
        `COPY (SELECT ${names.join(", ")} FROM (${trimmed}) AS rows) TO STDOUT (FORMAT csv, HEADER true)`,
      )
      .readable();
    await pipeline(rows, out, { end: false });
  });
}

function explain(cause: unknown, owner: string): unknown {
  if (cause instanceof MillwrightError) return cause;
  const { code = "", message } = cause as { code?: string; message: string };
  if (unreachable.test(code)) {
    return new MillwrightError(
      "SOURCE_UNREACHABLE",
      `${owner} cannot be reached: ${message || code}.`,
      "Check host, port, user, password and database, and that the server runs.",
      { cause },
    );
  }
  return new MillwrightError(
    "SOURCE_SQL",
    `The query on ${owner} failed: ${message}.`,
    "Correct the query.",
    {
      cause,
    },
  );
}
