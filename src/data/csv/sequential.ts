/** Blocks of a CSV parsed on this thread, one after the other: for packed, transcoded and small files. */
import { DelimitedParser, type Dialect, type FieldPlan } from "../../kernels/index.ts";
import { type Block, BlockParser } from "./block.ts";

export interface CsvText {
  readonly dialect: Dialect;
  readonly plans: readonly FieldPlan[];
  /** Bytes of the header, which are left out. */
  readonly skipBytes: number;
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
  const runner = new BlockParser(parser, text.plans, true);
  let skip = text.skipBytes;
  let done = 0;
  for await (const block of blocks) {
    const bytes = block.subarray(Math.min(skip, block.length));
    skip -= block.length - bytes.length;
    parser.feed(bytes);
    done += block.length;
    yield runner.run(false);
    onBytes(done);
  }
  yield runner.run(true);
}
