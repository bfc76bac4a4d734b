/** An expectations file: read from disk, and as text with one line a column, to be edited by hand. */
import { readFile } from "node:fs/promises";
import { MillwrightError } from "../../core/index.ts";
import { type Expectations, parseExpectations } from "./expectations.ts";

/** @throws MillwrightError `SOURCE_NOT_FOUND`, `SOURCE_UNREADABLE`, and what the text brings. */
export async function readExpectations(path: string): Promise<Expectations> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    const absent = (cause as NodeJS.ErrnoException).code === "ENOENT";
    throw new MillwrightError(
      absent ? "SOURCE_NOT_FOUND" : "SOURCE_UNREADABLE",
      absent
        ? `There is no file ${path}.`
        : `${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}.`,
      absent
        ? "Check the path, or write expectations from a reference table with --write."
        : "Check its permissions.",
      { cause },
    );
  }
  return parseExpectations(text, path);
}

/** The text of an expectations file. */
export function expectationsText({ format, rows, columns, unique, rules }: Expectations): string {
  const entries = Object.entries(columns).map(
    ([name, column]) => `    ${JSON.stringify(name)}: ${spaced(JSON.stringify(column))}`,
  );
  const parts = [
    `  "format": ${format}`,
    ...(rows === undefined ? [] : [`  "rows": ${spaced(JSON.stringify(rows))}`]),
    `  "columns": {\n${entries.join(",\n")}\n  }`,
    `  "unique": ${JSON.stringify(unique)}`,
    `  "rules": ${JSON.stringify(rules)}`,
  ];
  return `{\n${parts.join(",\n")}\n}\n`;
}

/** JSON on one line with spaces after its commas and colons; texts stay as they are. */
function spaced(json: string): string {
  return json.replace(/"(?:[^"\\]|\\.)*"|[{},:]/g, (token) => {
    if (token.length > 1) return token;
    if (token === "{") return "{ ";
    return token === "}" ? " }" : `${token} `;
  });
}
