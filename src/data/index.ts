export { copiedRows } from "./checks/copied-rows.ts";
export { sharedRows } from "./checks/shared-rows.ts";
export type { ContentRead } from "./bytes.ts";
export { parseColumnFlag } from "./column-flag.ts";
export {
  changedNeedsId,
  type ColumnDifference,
  type Difference,
  type DiffLimits,
  type DiffOptions,
  diffTables,
  heldTo,
  type LimitResult,
  type RowDifference,
  type RowLimit,
} from "./diff/index.ts";
export { type BadLine, readConll, readTokens, type TaggedSentences, type TokenSentences } from "./conll.ts";
export { type Encoding, encodings } from "./encoding.ts";
export {
  type Checked,
  type CheckOptions,
  type CheckReport,
  checkTable,
  type ColumnExpectations,
  type ExpectationKind,
  expectationKinds,
  type Expectations,
  expectationsOf,
  expectationsText,
  type LearnOptions,
  parseExpectations,
  readExpectations,
  type Rule,
  timeOf,
} from "./expectations/index.ts";
export { type Finding, type FindingKind, findingKinds, shellWord } from "./finding.ts";
export type { ColumnOverride } from "./infer/infer-column.ts";
export { findings, profile } from "./look.ts";
export { type OpenOptions, openTable } from "./open-table.ts";
export { knownOrder } from "./ordered-words.ts";
export { requireSquares } from "./profile/target.ts";
export type { ColumnProfile, NumberProfile, WordProfile } from "./profile/column-profile.ts";
export type { Profile, ProfileOptions } from "./profile/profile.ts";
export { suggestTargets } from "./profile/suggest-targets.ts";
export {
  type BadFile,
  type Box,
  decodeImage,
  type Decoded,
  type DecodedFile,
  type DecodedFiles,
  decodeImages,
  type DecodeOptions,
  type DecodeSoundOptions,
  badFindings,
  decodeSound,
  decodeSounds,
  decodeTexts,
  fitSound,
  type ImageOptions,
  listMediaFiles,
  type Media,
  type MediaColumn,
  type MediaFolder,
  type MediaClassOptions,
  type MediaFolderOptions,
  mediaFromTable,
  namesPicture,
  type MediaKind,
  mediaKinds,
  type MediaTableOptions,
  type Pixels,
  readMediaFolder,
  readText,
  resizePixels,
  readWav,
  type SkippedFiles,
  type Sound,
  type Text,
  textColumns,
} from "./media/index.ts";
export { memoryLimit } from "./memory.ts";
export { readWithin, type RowsWithin } from "./read-within.ts";
export { filesBehind } from "./open-source.ts";
export { type Reading, readingFlags, readingOf, requireReadingUsed } from "./reading.ts";
export { streamRows } from "./row-stream.ts";
export { type Format, formatOf, formats } from "./source.ts";
export {
  defaultSplitKind,
  type FoldOptions,
  type GroupedPlan,
  type HoldOutOptions,
  holdOut,
  makeFolds,
  planWithin,
  type RandomPlan,
  type RarePolicy,
  rareClasses,
  rowCountOf,
  type Split,
  type SplitPlan,
  type StratifiedPlan,
  type TimePlan,
  copiesOfClasses,
  withCopies,
} from "./splits/index.ts";
export { samplePlace, type Table } from "./table.ts";
export { tableFromRows } from "./table-from-rows.ts";
export { sourceTitle, withoutPassword } from "./without-password.ts";
export { prepareFile, prepareFolder, writeGrowing, writeWhole } from "./write-whole.ts";
