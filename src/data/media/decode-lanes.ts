/** Where files are decoded: in this thread, some at a time, or in threads of their own. */
import { openLanes as openThreads, startWorker } from "../../core/index.ts";
import { type Content, decodeFile, type DecodeWork } from "./decode-file.ts";
import type { Decoded } from "./media.ts";

export interface Lanes {
  /** Files that can be on their way at a time. */
  readonly width: number;
  /** Decodes a file; rejects where the work itself cannot be done. */
  decode(path: string): Promise<Decoded<Content>>;
  /** Waits for what is on its way, and ends the threads. */
  close(): Promise<void>;
}

/** Files on their way to a thread, so that it has the next one when it is done with one. */
const perThread = 2;

/** @param threads - 0 decodes in this thread. */
export function openLanes(work: DecodeWork, threads: number): Lanes {
  return threads === 0 ? hereOnly(work) : inThreads(work, threads);
}

/** The file system and sharp have threads of their own, so that some files at a time pay here too. */
function hereOnly(work: DecodeWork): Lanes {
  const running = new Set<Promise<unknown>>();
  return {
    width: 4,
    decode(path) {
      const decoding = decodeFile(work, path).finally(() => running.delete(decoding));
      running.add(decoding);
      return decoding;
    },
    async close() {
      await Promise.allSettled(running);
    },
  };
}

function inThreads(work: DecodeWork, threads: number): Lanes {
  const start = () => startWorker("decode.worker", import.meta.url, work);
  const lanes = openThreads<string, Decoded<Content>>(start, threads, "decodes files");
  return {
    width: threads * perThread,
    decode: (path) => lanes.ask(path),
    close: () => lanes.close(),
  };
}
