/** A download as a file of a source. */
import { rename, stat } from "node:fs/promises";
import { packingOf } from "../bytes.ts";
import type { Format, SourceFile } from "../source.ts";

/**
 * Renames it for what it holds: DuckDB tells packed files by their extension where several are read at once.
 *
 * @param told - What messages and queries call it.
 */
export async function keptFile(
  path: string,
  format: Format,
  told: { readonly name: string; readonly stem: string },
): Promise<SourceFile> {
  const packing = await packingOf(path);
  const kept = `${path}.${format}${{ none: "", gzip: ".gz", zstd: ".zst" }[packing]}`;
  await rename(path, kept);
  const { size } = await stat(kept);
  return { ...told, path: kept, format, packing, bytes: size };
}
