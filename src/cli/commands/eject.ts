/** `millwright eject`: how a model file was made, as a TypeScript program that makes it again. */
import { basename } from "node:path";
import { sha256 } from "../../core/index.ts";
import { prepareFile, writeWhole } from "../../data/index.ts";
import { readMetadata, readSource } from "../../model/index.ts";

import { ejectedModule, refuseClustering } from "../../tasks/index.ts";
import { print, printJson } from "../terminal.ts";

export async function eject(
  path: string,
  flags: { readonly out: string; readonly json?: boolean },
): Promise<void> {
  prepareFile(flags.out, "--out", [path]);
  const { bytes } = await readSource(path);
  const metadata = await readMetadata(bytes);
  refuseClustering(basename(path), metadata, "eject");
  const text = ejectedModule(basename(path), sha256(bytes), metadata);
  writeWhole({ [flags.out]: text });
  const lines = text.split("\n").length - 1;
  if (flags.json) printJson({ format: 1, model: path, out: flags.out, lines });
  else
    print(`${flags.out} makes ${basename(path)} again in ${lines} lines: npx tsx ${flags.out} <the table>`);
}
