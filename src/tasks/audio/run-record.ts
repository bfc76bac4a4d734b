/** What a training on sounds did and found: `run.json`; docs/schemas/audio.json. */
import type { MediaData, MediaRecord } from "../media/run-record.ts";

export type AudioRecord = MediaRecord<
  MediaData & {
    readonly sounds: number;
    /** Samples a second that the file takes. */
    readonly rate: number;
    /** Samples of a sound. */
    readonly length: number;
    /** Groups that never stand on both sides of a split. */
    readonly groups?: { readonly by: string; readonly count: number; readonly test: readonly string[] };
  }
>;
