/** Sentences as tensors of codes, filled up to the places of a model. */
import type { Tensor } from "../../core/index.ts";
import { codeTokens, flagCount, type TokenCodes } from "./token-codes.ts";

/** Sentences with a tag a token. */
export interface TaggedRows {
  readonly tokens: readonly (readonly string[])[];
  readonly tags: readonly (readonly string[])[];
}

/** Sentences as tensors. */
export interface CodedRows {
  readonly rowCount: number;
  readonly places: number;
  /** @returns The inputs of `tagger`, and the class of each place, −1 where there is no token. */
  take(rows: Uint32Array): { readonly inputs: Record<string, Tensor>; readonly tags: Int32Array };
}

/** Codes each distinct token once, by the nodes of the file. A tag that is no class counts as the first. */
export async function codeRows(
  { tokens, tags }: TaggedRows,
  codes: TokenCodes,
  classes: readonly string[],
  places: number,
): Promise<CodedRows> {
  const distinct = ["", ...new Set(tokens.flat())];
  const { word, characters, flags } = await codeTokens(distinct, codes);
  const placeOf = new Map(distinct.map((token, i) => [token, i]));
  const classOf = new Map(classes.map((tag, code) => [tag, code]));
  const width = codes.characterPlaces;
  return {
    rowCount: tokens.length,
    places,
    take(rows) {
      const length = rows.length * places;
      const own = new Int32Array(length);
      const letters = new Int32Array(length * width);
      const marks = new Float32Array(length * flagCount);
      const wanted = new Int32Array(length).fill(-1);
      rows.forEach((row, i) =>
        tokens[row]!.forEach((token, k) => {
          const at = i * places + k;
          const from = placeOf.get(token)!;
          own[at] = word[from]!;
          letters.set(characters.subarray(from * width, (from + 1) * width), at * width);
          marks.set(flags.subarray(from * flagCount, (from + 1) * flagCount), at * flagCount);
          wanted[at] = classOf.get(tags[row]![k]!) ?? 0;
        }),
      );
      const shape = [rows.length, places];
      return {
        inputs: {
          word: { dtype: "int32", shape, data: own },
          characters: { dtype: "int32", shape: [...shape, width], data: letters },
          flags: { dtype: "float32", shape: [...shape, flagCount], data: marks },
        },
        tags: wanted,
      };
    },
  };
}

/** Sentences of more tokens than a model has places, in parts. */
export function cutSentences(tokens: readonly (readonly string[])[], places: number): string[][] {
  return tokens.flatMap((sentence) =>
    Array.from({ length: Math.ceil(sentence.length / places) }, (_, k) =>
      sentence.slice(k * places, (k + 1) * places),
    ),
  );
}
