/** Blocks of a CSV parsed on this thread, one after the other. */
import { open } from "node:fs/promises";
import { MillwrightError } from "../../core/index.ts";
import { DelimitedParser, type Dialect, type FieldPlan } from "../../kernels/index.ts";
import { type Block, BlockParser } from "./block.ts";

export interface CsvText {
  readonly dialect: Dialect;
  readonly plans: readonly FieldPlan[];
  /** Bytes of the header, which are left out. */
  readonly skipBytes: number;
  /** Bytes that the distinct strings of a column may take, where they are limited. */
  readonly dictionaryBytes?: number | undefined;
}

/**
 * @param blocks - UTF-8 without byte order mark, header included.
 * @param onBytes - Told how many bytes were read so far.
 * @yields Blocks, each of which stands until the next is asked for.
 * @throws InvalidUtf8
 */
export async function* parseSequentially(
  text: CsvText,
  blocks: AsyncIterable<Uint8Array>,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Block> {
  const parser = new DelimitedParser(text.dialect, text.plans, 1);
  const runner = new BlockParser(parser, text.plans, text.dictionaryBytes);
  let skip = text.skipBytes;
  let done = 0;
  for await (const block of blocks) {
    const bytes = block.subarray(Math.min(skip, block.length));
    skip -= block.length - bytes.length;
    parser.feed(bytes);
    done += block.length;
    yield* runner.blocks(false);
    onBytes(done);
  }
  yield* runner.blocks(true);
}

/** Bytes read at a time: about a block of rows. */
const readBytes = 2 * 1024 * 1024;

/**
 * A plain UTF-8 file, read straight into the parser's memory.
 *
 * @param firstByte - Where the rows begin: behind byte order mark and header.
 * @param onBytes - Told how many bytes were read so far.
 * @yields Blocks, each of which stands until the next is asked for.
 * @throws InvalidUtf8
 * @throws MillwrightError `SOURCE_UNREADABLE` when the disk fails.
 */
export async function* parseFile(
  path: string,
  firstByte: number,
  text: CsvText,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Block> {
  const parser = new DelimitedParser(text.dialect, text.plans, 1);
  const runner = new BlockParser(parser, text.plans, text.dictionaryBytes);
  const handle = await open(path);
  try {
    for (let at = firstByte; ; ) {
      const target = parser.room(readBytes);
      const { bytesRead } = await handle.read(target, 0, target.length, at).catch((cause: Error) => {
        throw new MillwrightError(
          "SOURCE_UNREADABLE",
          `${path} cannot be read: ${cause.message}.`,
          "Check the file and its permissions.",
          { cause },
        );
      });
      parser.fed(bytesRead);
      at += bytesRead;
      yield* runner.blocks(bytesRead === 0);
      if (bytesRead === 0) return;
      onBytes(at);
    }
  } finally {
    await handle.close();
  }
}
