/** What is said of a file that carries training rows: families such as nearest neighbours answer by them. */
import { type CarriedRows, carriedRows } from "../../estimators/index.ts";
import { type Choice, familyOf } from "../../select/index.ts";

/** What a member's models carry together: most rows in one of them, bytes of all. */
export function carriedBy(summaries: unknown): (CarriedRows & { readonly models: number }) | undefined {
  const each = (Array.isArray(summaries) ? summaries : [summaries])
    .map(carriedRows)
    .filter((one) => one !== undefined);
  if (each.length === 0) return undefined;
  return {
    trainingRows: Math.max(...each.map((one) => one.trainingRows)),
    trainingBytes: each.reduce((sum, one) => sum + one.trainingBytes, 0),
    models: each.length,
  };
}

/** `4,800 training rows in each of 5 models, 0.31 MB` */
export function carriedText(summaries: unknown): string | undefined {
  const carried = carriedBy(summaries);
  if (carried === undefined) return undefined;
  const { trainingRows, trainingBytes, models } = carried;
  const where = models === 1 ? "" : ` in each of ${models} models`;
  return `${trainingRows.toLocaleString("en-US")} training rows${where}, ${(trainingBytes / 1e6).toFixed(2)} MB`;
}

/** A sentence a member that carries rows. */
export function carriedSentences(choice: Choice): string[] {
  return choice.members.flatMap(({ entry }) => {
    const text = carriedText(entry.summaries);
    if (text === undefined) return [];
    return [
      `The file carries records: ${familyOf(entry.candidate).title} answers by ${text}, as prepared numbers. Treat the file like the data.`,
    ];
  });
}
