/** The last step of a demo: the file that was made answers rows that it never saw. */
import { readFileSync } from "node:fs";
import { writeGrowing } from "../../data/index.ts";
import { load } from "../../model/index.ts";
import { mediaColumn, predictMedia, predictRows } from "../../tasks/index.ts";

/** @returns The lines of the CSV that is written to `out`. */
export async function answersOf(path: string, source: string, out: string): Promise<string[]> {
  const model = await load(path);
  try {
    const options = { threads: 1 };
    await writeGrowing(out, (file) =>
      mediaColumn(model) === undefined
        ? predictRows(model, [source], options, file)
        : predictMedia(model, [source], options, file),
    );
  } finally {
    await model.close();
  }
  return readFileSync(out, "utf8").trimEnd().split("\n");
}
