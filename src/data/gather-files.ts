/** Files behind names, wherever they are: local ones as they lie, others in a temporary folder. */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FetchOptions, fetchHttp } from "./remote/http-source.ts";
import { findFiles, type SourceFile } from "./source.ts";

export interface GatheredFiles {
  readonly files: readonly SourceFile[];
  /** Whether some of them go when `remove` is called. */
  readonly temporary: boolean;
  readonly remove: () => Promise<void>;
}

/** @throws MillwrightError `SOURCE_*`, `DATA_LIMIT`, `PARAMETER_*`; nothing is left behind then. */
export async function gatherFiles(names: readonly string[], options: FetchOptions): Promise<GatheredFiles> {
  const made: string[] = [];
  const remove = async (): Promise<void> => {
    for (const folder of made) await rm(folder, { recursive: true, force: true });
  };
  /** A folder of its own for each source, so that their files need no different names. */
  const folderFor = async (index: number): Promise<string> => {
    if (made.length === 0) made.push(await mkdtemp(join(tmpdir(), "millwright-source-")));
    const folder = join(made[0]!, String(index));
    await mkdir(folder);
    return folder;
  };
  try {
    const files: SourceFile[] = [];
    for (const [index, name] of names.entries()) {
      if (/^https?:\/\//i.test(name)) files.push(...(await fetchHttp(name, await folderFor(index), options)));
      else files.push(...(await findFiles(name, options.format)));
    }
    return { files, temporary: made.length > 0, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}
