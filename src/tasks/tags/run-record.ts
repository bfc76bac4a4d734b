/** What a training on tagged sentences did and found: `run.json`; docs/schemas/tags.json. */
import type { BadLine } from "../../data/index.ts";
import type { KindFigures } from "./judge.ts";
import type { OneNetworkRecord, RaceRecord, Versus } from "../race/record.ts";

/** The leaderboard's scores are span F1; the gain is how much higher the network's is; the baseline is the tag look-up. */
export interface TagRecord extends RaceRecord {
  readonly data: RaceRecord["data"] & {
    readonly source: string;
    readonly validation: string | null;
    readonly test: string | null;
    /** Sentences and tokens of all parts. */
    readonly sentences: number;
    readonly tokens: number;
    /** Lines that could not be read, and the file that they are in. */
    readonly bad: readonly (BadLine & { readonly file: string })[];
    /** Most tokens of a sentence that the file takes at once. */
    readonly places: number;
  };
  readonly task: {
    readonly kind: "tags";
    readonly target: string;
    /** Tags, with the tokens that bear them. */
    readonly classes: readonly { readonly label: string; readonly rows: number }[];
  };
  readonly network: OneNetworkRecord;
  readonly versus: Versus;
  /** Spans of the test sentences by kind. */
  readonly kinds: readonly KindFigures[];
}
