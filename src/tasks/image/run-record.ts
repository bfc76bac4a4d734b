/** What a training on pictures did and found: `run.json`; docs/schemas/image.json. */
import type { MediaData, MediaRecord } from "../media/run-record.ts";

/** The file that a network begins with. */
export interface FromRecord {
  readonly file: string;
  readonly sha256: string;
  /** The tensor that the new head takes. */
  readonly at: string;
  readonly freeze: readonly string[];
  /** Factor of the learning rate of what is trained before the head. */
  readonly rate?: number;
}

type PictureRecord = MediaRecord<
  MediaData & {
    readonly pictures: number;
    readonly height: number;
    readonly width: number;
    readonly channels: number;
  }
>;

export type ImageRecord = PictureRecord & { readonly network: { readonly from?: FromRecord } };
