/** What a file may cost to read. */
import { MillwrightError } from "../../core/index.ts";

export interface ReadLimits {
  /** Largest file. Default 2 GiB. */
  readonly bytes: number;
  /** Deepest nesting of messages, subgraphs included. Default 96. */
  readonly depth: number;
  /** Most messages and list entries. Default 20 million. */
  readonly messages: number;
  /** Most nodes of the main graph. Default 1 million. */
  readonly nodes: number;
  /** Most dimensions of a tensor. Default 32. */
  readonly rank: number;
}

export const defaultLimits: ReadLimits = {
  bytes: 2 ** 31,
  depth: 96,
  messages: 20_000_000,
  nodes: 1_000_000,
  rank: 32,
};

/** @throws MillwrightError `MODEL_LIMIT` when `found` is above `most`. */
export function requireLimit(what: string, found: number, most: number): void {
  if (found <= most) return;
  throw new MillwrightError(
    "MODEL_LIMIT",
    `The file has ${found} ${what}, and at most ${most} are read.`,
    "Raise the limit if you trust the file.",
  );
}
