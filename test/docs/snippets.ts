/**
 * What a page shows as code: its fenced blocks, and the commands inside sentences, in order.
 */

/** A piece of a page that can be run. */
export interface Snippet {
  /** Line of the page where it starts, from 1. */
  readonly line: number;
  /** What stands behind the opening fence; `inline` for a command inside a sentence. */
  readonly language: string;
  readonly text: string;
}

/** A command as a page shows it, with what it is said to print. */
export interface Command {
  readonly words: string;
  /** Undefined where the page shows commands alone. */
  readonly output: readonly string[] | undefined;
}

/**
 * The snippets of a page, in the order of the page.
 *
 * @throws Error if a fence is never closed: the rest of the page would be read as code.
 */
export function snippetsOf(markdown: string): Snippet[] {
  const found: Snippet[] = [];
  let open: { readonly line: number; readonly language: string; readonly text: string[] } | undefined;
  for (const [index, line] of markdown.split("\n").entries()) {
    const fence = /^```(\S*)/.exec(line);
    if (open !== undefined) {
      if (fence === null) open.text.push(line);
      else {
        found.push({ ...open, text: open.text.join("\n") });
        open = undefined;
      }
    } else if (fence !== null) {
      open = { line: index + 1, language: fence[1]!, text: [] };
    } else {
      // A command with … or <place> in it is a form, not a command.
      for (const [, text] of line.matchAll(/`(npx millwright [^`…<]+)`/g)) {
        found.push({ line: index + 1, language: "inline", text: text! });
      }
    }
  }
  if (open !== undefined) throw new Error(`The block at line ${open.line} is never closed.`);
  return found;
}

/** The commands of a `sh`, `console` or inline snippet. A line that ends in \ goes on. */
export function commandsOf({ language, text }: Snippet): Command[] {
  const lines = text.replaceAll(/\\\n\s*/g, " ").split("\n");
  if (language !== "console") {
    return lines
      .map((line) => line.replace(/(^|\s)#.*$/, "").trim())
      .filter((line) => line !== "")
      .map((words) => ({ words, output: undefined }));
  }
  const commands: { words: string; output: string[] }[] = [];
  for (const line of lines) {
    if (line.startsWith("$ ")) commands.push({ words: line.slice(2), output: [] });
    else if (commands.length > 0) commands.at(-1)!.output.push(line);
    else throw new Error(`A console block starts with "$ ", not with ${JSON.stringify(line)}.`);
  }
  return commands.map(({ words, output }) => ({
    words,
    output: output.some((line) => line.trim() !== "") ? output : undefined,
  }));
}
