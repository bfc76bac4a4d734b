/** The recipe of a file as a program that a person reads, changes and runs. */
import type { Json } from "../../core/index.ts";
import type { ModelMetadata, ModelRecipe } from "../../model/index.ts";
import { literal } from "./literal.ts";
import { ownOf, ownWords } from "./own.ts";
import { requireMembers } from "./recorded.ts";

/**
 * A TypeScript module that makes the file again: at most 100 lines, and on the same table the same bytes.
 *
 * @param file - Its name.
 * @param sha256 - Of the file.
 * @throws MillwrightError `MODEL_INVALID` for a file without a recipe.
 */
export function ejectedModule(file: string, sha256: string, metadata: ModelMetadata): string {
  const recipe: ModelRecipe = metadata.recipe ?? { seed: 0, options: {}, software: "" };
  requireMembers(recipe);
  const { seed, options, members = [], software } = recipe;
  const { summary, leftOut = [] } = metadata.card ?? {};
  const left = leftOut.map(({ column, reason }) => `${column} (${reason})`);
  const own = ownOf(recipe);
  const ownNames = (["families", "steps", "metric"] as const).filter((name) => own?.[name] !== undefined);
  const lines = [
    "/**",
    ` * How ${plain(file)} was made. ${plain(summary ?? "")}`,
    ...(left.length > 0
      ? [` * Not read: ${plain(left.slice(0, 12).join(", "))}${left.length > 12 ? ", …" : ""}.`]
      : []),
    " *",
    " * Run it on the same table and it gives the same bytes; on a newer one, the same models fitted anew.",
    " * npx tsx recipe.ts table.csv",
    " */",
    'import { writeFileSync } from "node:fs";',
    'import { availableParallelism } from "node:os";',
    'import { type ModelRecipe, refit } from "millwright";',
    ...(own
      ? [
          `// Code of your own, which no file holds: ${plain(ownWords(own))}. Export it as ${ownNames.join(", ")}.`,
          `import { ${ownNames.join(", ")} } from "./own.ts";`,
        ]
      : []),
    "",
    ...(metadata.data
      ? [
          "/** The table that it was made from. */",
          `const table = { rows: ${metadata.data.rowCount}, sha256: ${literal(metadata.data.sha256)} };`,
          "",
        ]
      : []),
    "const recipe: ModelRecipe = {",
    `  seed: ${seed},`,
    `  software: ${literal(software)},`,
    "  /** What was asked: the flags of `millwright train`. */",
    "  options: {",
    ...Object.entries(options as Readonly<Record<string, Json>>).map(
      ([key, value]) => `    ${key}: ${literal(value)},`,
    ),
    "  },",
    "  /** What was chosen; each is fitted on every fold, and all answers are averaged by these weights. */",
    "  members: [",
    ...members.map(
      ({ name, family, parameters, weight }) => `    ${literal({ name, family, parameters, weight })},`,
    ),
    "  ],",
    "};",
    "",
    // No await outside of a function: a package that does not say "type": "module" has CommonJS modules.
    "async function main(source: readonly string[]): Promise<void> {",
    `  const { model, record } = await refit(recipe, { ${["source", ...ownNames, "threads: availableParallelism()"].join(", ")} });`,
    '  writeFileSync("model.onnx", model);',
    "  const [figure] = record.test.metrics;",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the module that is written holds the template.
    "  console.log(`${figure!.title} ${figure!.value} on ${record.test.rows} untouched rows`);",
    ...(metadata.data
      ? [
          '  console.log(record.data.sha256 === table.sha256 ? "the same table" : "another table");',
          `  console.log(record.model.sha256 === ${literal(sha256)} ? "the same file" : "another file");`,
        ]
      : []),
    "}",
    "",
    "main(process.argv.slice(2)).catch((error: unknown) => {",
    "  console.error(error instanceof Error ? error.message : error);",
    "  process.exitCode = 1;",
    "});",
  ];
  return `${lines.join("\n")}\n`;
}

/** Text that cannot end a comment or start a line. */
function plain(text: string): string {
  return text.replaceAll("*/", "* /").replaceAll(/[\r\n\u2028\u2029]+/g, " ");
}
