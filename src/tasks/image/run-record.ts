/** What a training on pictures did and found: `run.json`; docs/schemas/image.json. */
import type { MediaData, MediaRecord } from "../media/run-record.ts";

export type ImageRecord = MediaRecord<
  MediaData & {
    readonly pictures: number;
    readonly height: number;
    readonly width: number;
    readonly channels: number;
  }
>;
