/**
 * The TypeScript module of a model file: its schema as a literal, and the types inferred from it.
 *
 * `millwright types churn.onnx -o churn.ts` writes it. The application imports
 * the constant and passes it to `load`, so a file that reads other columns fails
 * at start with the column's name, and code that passes other rows does not
 * compile. The text depends on the schema alone.
 */
import { type ColumnSchema, featureColumns, labelsOf, schemaHash, targetColumn } from "../schema/index.ts";
import type { ModelMetadata } from "./metadata.ts";

const lineWidth = 110;
const taken = new Set([
  ..."audio boolean category datetime defineSchema id image number sequence text tokens PredictionOf RowOf".split(
    " ",
  ),
  ..."break case catch class const continue debugger default delete do else enum export extends false finally".split(
    " ",
  ),
  ..."for function if implements import in instanceof interface let new null package private protected public".split(
    " ",
  ),
  ..."return static super switch this throw true try typeof var void while with yield await arguments eval".split(
    " ",
  ),
]);

/**
 * The text of the module.
 *
 * @param metadata - Of the file.
 * @param name - What the schema constant is called: `churn`, or a file name, which becomes an identifier.
 * @returns TypeScript, formatted at 110 columns.
 */
export function typesModule(metadata: ModelMetadata, name: string): string {
  const constant = identifierOf(name);
  const type = constant[0]!.toUpperCase() + constant.slice(1);
  const target = targetColumn(metadata.schema)!;
  const columns = [...featureColumns(metadata.schema), target];
  const makers = new Set(columns.map((column) => column.kind));
  const imports = [...makers, "defineSchema", "type PredictionOf", "type RowOf"].sort(byName);
  const oneLine = `import { ${imports.join(", ")} } from "millwright/schema";`;
  return `// Made by \`millwright types\` from the model file: do not edit, run it again.
${oneLine.length <= lineWidth ? oneLine : `import {\n${imports.map((item) => `  ${item},\n`).join("")}} from "millwright/schema";`}

/** What the model reads and answers: pass it to \`load\` with the file. */
export const ${constant} = defineSchema({
${columns.map(columnText).join("\n")}
});

/** SHA-256 of the schema; \`load\` refuses a file whose schema differs, and names the column. */
export const ${constant}Hash = "${schemaHash(metadata.schema)}";

/** A row that the model takes; null is missing. */
export type ${type}Row = RowOf<typeof ${constant}>;

/** What the model answers. */
export type ${type}Prediction = PredictionOf<typeof ${constant}>;
`;
}

function columnText(column: ColumnSchema): string {
  const options: string[] = [];
  if (column.role === "target") options.push('role: "target"');
  if (column.kind === "category" && column.numeric === true) options.push("numeric: true");
  if (column.kind === "datetime") options.push(`clock: "${column.clock}"`);
  if (column.kind === "number" && column.horizon !== undefined) options.push(`horizon: ${column.horizon}`);
  if (column.kind === "number" && column.coverage !== undefined) options.push(`coverage: ${column.coverage}`);
  if (column.kind === "sequence") {
    const { steps, columns, pad } = column;
    options.push(`steps: ${steps}`, `columns: [${columns.map(quote).join(", ")}]`, `pad: "${pad}"`);
  }
  if (column.kind === "image") {
    const { height, width, channels, fit } = column;
    options.push(`height: ${height}`, `width: ${width}`, `channels: ${channels}`, `fit: "${fit}"`);
  }
  if (column.kind === "audio") options.push(`rate: ${column.rate}`, `length: ${column.length}`);
  if (column.kind === "tokens") options.push(`places: ${column.places}`);
  if (column.kind === "category" && column.answers !== undefined)
    options.push(`answers: "${column.answers}"`);
  const labels = column.role === "target" ? (labelsOf(column) ?? []) : [];
  if (labels.length > 0) options.push(`labels: [${labels.map(quote).join(", ")}]`);
  const start = `  ${keyOf(column.name)}: ${column.kind}(`;
  const short = `${start}${options.length === 0 ? "" : `{ ${options.join(", ")} }`}),`;
  if (short.length <= lineWidth) return short;
  const lines = options.map((option) =>
    option.length + 5 > lineWidth && option.startsWith("labels")
      ? `    labels: [\n${labels.map((label) => `      ${quote(label)},\n`).join("")}    ],`
      : `    ${option},`,
  );
  return lines.length === 0 ? short : `${start}{\n${lines.join("\n")}\n  }),`;
}

/** A property name; `__proto__` must be computed, since as a plain key it would set the prototype. */
function keyOf(name: string): string {
  if (name === "__proto__") return '["__proto__"]';
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name) ? name : quote(name);
}

/** "my-churn model.onnx" → myChurnModel. */
function identifierOf(name: string): string {
  const file = name.replace(/^.*[\\/]/, "").replace(/\.onnx$/i, "");
  const words = file.split(/[^\p{ID_Continue}$]+/u).filter((word) => word !== "");
  const [first = "model", ...rest] = words;
  const joined =
    first[0]!.toLowerCase() +
    first.slice(1) +
    rest.map((word) => word[0]!.toUpperCase() + word.slice(1)).join("");
  const started = /^[\p{ID_Start}$_]/u.test(joined) ? joined : `model${joined}`;
  return taken.has(started) ? `${started}Model` : started;
}

const quote = (text: string): string => JSON.stringify(text);
/** As formatters order imports: by name, `type` aside, capitals and small letters alike. */
const byName = (a: string, b: string): number => {
  const [x, y] = [a, b].map((item) => item.replace("type ", "").toLowerCase());
  return x! < y! ? -1 : 1;
};
