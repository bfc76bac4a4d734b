/** `millwright types`: a TypeScript module with the schema and the types of a model file. */
import { basename, extname } from "node:path";
import { prepareFile, writeWhole } from "../../data/index.ts";
import { load, typesModule } from "../../model/index.ts";

import { print, printJson } from "../terminal.ts";

export async function types(
  path: string,
  flags: { readonly out: string; readonly json?: boolean },
): Promise<void> {
  prepareFile(flags.out, "--out", [path]);
  const model = await load(path);
  try {
    writeWhole({
      [flags.out]: typesModule(model.metadata, basename(flags.out, extname(flags.out))),
    });
    if (flags.json) printJson({ format: 1, model: path, out: flags.out });
    else print(`${flags.out} types ${basename(path)}: load("${path}", schema) from "millwright/model"`);
  } finally {
    await model.close();
  }
}
