/** Files behind names, wherever they are: local tables as they lie, others, and folders of texts, in a temporary folder. */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sheetAsCsv } from "./excel/excel-source.ts";
import { textsAsTable } from "./media/index.ts";
import { type FetchOptions, fetchHttp } from "./remote/http-source.ts";
import { fetchS3 } from "./remote/s3-source.ts";
import { findFiles, type SourceFile } from "./source.ts";

export interface GatheredFiles {
  readonly files: readonly SourceFile[];
  /** Whether some of them go when `remove` is called. */
  readonly temporary: boolean;
  readonly remove: () => Promise<void>;
}

/** @throws MillwrightError `SOURCE_*`, `DATA_LIMIT`, `PARAMETER_*`; nothing is left behind then. */
export async function gatherFiles(
  names: readonly string[],
  options: FetchOptions & { readonly sheet?: string },
): Promise<GatheredFiles> {
  const made: string[] = [];
  let count = 0;
  const remove = async (): Promise<void> => {
    for (const folder of made) await rm(folder, { recursive: true, force: true });
  };
  /** A folder of its own each time, so that files need no different names. */
  const newFolder = async (): Promise<string> => {
    if (made.length === 0) made.push(await mkdtemp(join(tmpdir(), "millwright-source-")));
    const folder = join(made[0]!, String(++count));
    await mkdir(folder);
    return folder;
  };
  try {
    const files: SourceFile[] = [];
    for (const name of names) {
      if (/^s3:\/\//i.test(name)) files.push(...(await fetchS3(name, await newFolder(), options)));
      else if (/^https?:\/\//i.test(name)) files.push(...(await fetchHttp(name, await newFolder(), options)));
      else {
        const texts = await textsAsTable(name, newFolder);
        files.push(...(texts ? [texts] : await findFiles(name, options.format)));
      }
    }
    for (const [at, file] of files.entries()) {
      if (file.format === "xlsx") files[at] = await sheetAsCsv(file, await newFolder(), options.sheet);
    }
    return { files, temporary: made.length > 0, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}
