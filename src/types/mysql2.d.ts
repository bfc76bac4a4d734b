/** The part of mysql2 that we use, so that the types stand where the optional package is not installed. */
declare module "mysql2" {
  import type { Readable } from "node:stream";

  export interface Field {
    readonly name: string;
    readonly columnType: number;
    readonly columnLength: number;
    readonly characterSet: number;
  }

  export interface QueryOptions {
    readonly sql: string;
    readonly rowsAsArray?: boolean;
    /** False leaves values as the bytes that were sent. */
    readonly typeCast?: boolean;
  }

  export interface Connection {
    connect(done: (error: Error | null) => void): void;
    query(
      options: QueryOptions,
      done?: (error: Error | null, rows: unknown) => void,
    ): { stream(options: { readonly highWaterMark: number }): Readable };
    on(event: "error", listener: (error: Error) => void): void;
    destroy(): void;
  }

  export function createConnection(options: {
    readonly host: string;
    readonly port: number;
    readonly user: string;
    readonly password?: string;
    readonly database?: string;
    readonly ssl?: object;
    readonly connectTimeout: number;
    readonly charset: string;
    readonly disableEval: boolean;
    readonly flags: readonly string[];
    readonly multipleStatements?: boolean;
  }): Connection;
}
