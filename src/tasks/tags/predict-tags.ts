/** Tags for the sentences of a file: one CSV line a token. */
import { readTokens } from "../../data/index.ts";
import type { Model } from "../../model/index.ts";
import { featureColumns } from "../../schema/index.ts";
import type { LineTarget } from "../tabular/predict.ts";
import { cutSentences } from "./coded-rows.ts";

/** Most tokens of a sentence that a file reads at once; undefined where it reads no sentences. */
export function tokenPlaces(model: Pick<Model, "metadata">): number | undefined {
  const column = featureColumns(model.metadata.schema).find(({ kind }) => kind === "tokens");
  return column?.kind === "tokens" ? column.places : undefined;
}

/** Sentences that are answered at a time. */
const blockRows = 256;

/**
 * A tag a token. A sentence of more tokens than the file reads at once is answered in parts.
 *
 * @param sentences - Tokens of each; none is empty.
 */
export async function answerTags(
  model: Model,
  sentences: readonly (readonly string[])[],
): Promise<string[][]> {
  const [column] = featureColumns(model.metadata.schema);
  const places = tokenPlaces(model)!;
  const rows = cutSentences(sentences, places).map((tokens) => ({ [column!.name]: tokens }));
  const parts = (await model.predict(rows)).map(({ prediction }) => prediction as readonly string[]);
  let at = 0;
  return sentences.map(({ length }) => {
    const count = Math.ceil(length / places);
    at += count;
    return parts.slice(at - count, at).flat();
  });
}

/**
 * Writes a header, `sentence,token,prediction`, and a line a token; sentences are counted from 1 over all sources.
 *
 * @param sources - CoNLL files, of which the first field of a line is read, and texts (*.txt) of a sentence a line.
 * @throws MillwrightError `SOURCE_NOT_FOUND`, `SOURCE_UNREADABLE`, `DATA_EMPTY`.
 */
export async function predictTags(
  model: Model,
  sources: readonly string[],
  { onProgress }: { readonly onProgress?: (done: number, total: number) => void },
  lines: LineTarget,
): Promise<{ readonly sentences: number; readonly tokens: number }> {
  const files = [];
  for (const source of sources) files.push(await readTokens(source));
  const sentences = files.flatMap(({ tokens }) => tokens);
  lines.write("sentence,token,prediction\n");
  let tokenCount = 0;
  for (let at = 0; at < sentences.length; at += blockRows) {
    const block = sentences.slice(at, at + blockRows);
    const tags = await answerTags(model, block);
    let text = "";
    block.forEach((tokens, i) =>
      tokens.forEach((token, k) => {
        text += `${at + i + 1},${cell(token)},${cell(tags[i]![k]!)}\n`;
      }),
    );
    tokenCount += block.reduce((sum, { length }) => sum + length, 0);
    lines.write(text);
    onProgress?.(at + block.length, sentences.length);
  }
  return { sentences: sentences.length, tokens: tokenCount };
}

const cell = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
