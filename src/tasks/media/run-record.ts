/** What a training on pictures or sounds did and found: the parts of `run.json` that both have. */
import type { BadFile, Finding } from "../../data/index.ts";
import type { OneNetworkRecord, RaceRecord, Versus } from "../race/record.ts";

/** Where the rows come from, and how they were split. */
export type MediaData = RaceRecord["data"] & {
  readonly source: string;
  /** Files that could not be read. */
  readonly bad: readonly BadFile[];
};

/** The leaderboard's scores are accuracies; the gain is how much more accurate the network is. */
export interface MediaRecord<D extends MediaData = MediaData> extends RaceRecord {
  readonly data: D;
  readonly task: {
    readonly kind: "multiclass";
    readonly target: string;
    readonly classes: readonly { readonly label: string; readonly rows: number }[];
  };
  readonly network: OneNetworkRecord;
  readonly versus: Versus;
  /** Test rows, row-major [actual, predicted], in the order of the classes. */
  readonly confusion: readonly number[];
  readonly findings: readonly Finding[];
}
