/** Answers for every row of a source, one CSV line a row, in the order of the rows. */
import { type Finding, openTable, type Reading, readingOf } from "../../data/index.ts";
import type { Model } from "../../model/index.ts";
import { featureColumns, type Schema } from "../../schema/index.ts";

export interface PredictedRows {
  /** Header `prediction`, then `probability_<label>` for each label of a classifier. */
  readonly csv: string;
  readonly rowCount: number;
  /** What was noticed while reading. */
  readonly findings: readonly Finding[];
}

/**
 * @param source - Needs the model's columns; the target and others may be there or not.
 * @throws MillwrightError `SCHEMA_MISSING_COLUMN`, `SOURCE_*`, `DATA_*`.
 */
export async function predictRows(
  model: Model,
  source: readonly string[],
  options: Reading & { readonly threads: number },
): Promise<PredictedRows> {
  // Only what the model reads is asked for, and read as it was read in training.
  const schema: Schema = { columns: featureColumns(model.metadata.schema) };
  const table = await openTable(source, {
    schema,
    ...readingOf(options),
    threads: options.threads,
  });
  try {
    const frame = await table.read();
    const answers = await model.predictColumns(frame.columns, frame.rowCount, { threads: options.threads });
    const { classes } = model.metadata;
    const header = ["prediction", ...(classes ?? []).map((label) => `probability_${label}`)]
      .map(csvCell)
      .join(",");
    const lines = [header];
    const width = classes?.length ?? 0;
    for (let row = 0; row < frame.rowCount; row++) {
      let line = csvCell(String(answers.prediction[row]));
      for (let c = 0; c < width; c++) line += `,${answers.probabilities![row * width + c]!}`;
      lines.push(line);
    }
    return { csv: `${lines.join("\n")}\n`, rowCount: frame.rowCount, findings: table.findings };
  } finally {
    await table.close();
  }
}

function csvCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
