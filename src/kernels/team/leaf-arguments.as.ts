// The argument block of a leaf or split command, as in `grower.ts`: word numbers, then byte offsets.

export const ROWS: usize = 0;
export const GRADIENTS: usize = 1;
export const BLOCKS: usize = 2;
export const BLOCK_COUNT: usize = 3;
export const FEATURES: usize = 4;
export const HIST_BYTES: usize = 5;
export const PARTIALS: usize = 6;
export const ANSWERS: usize = 7;
export const SCRATCH: usize = 8;
export const BEGIN: usize = 9;
export const END: usize = 10;
export const PASSIVE_BEGIN: usize = 11;
export const PASSIVE_END: usize = 12;
export const COLUMN: usize = 13;
export const GOES_LEFT: usize = 14;
export const LEFT_TEMP: usize = 15;
export const RIGHT_TEMP: usize = 16;
export const PARENT_HIST: usize = 17;
export const CHILD_HIST: usize = 18;
export const MIN_ROWS: usize = 19;
export const SCAN: usize = 20;
export const LIST_LEFT: usize = 21;
export const LIST_LEFT_COUNT: usize = 22;
export const LIST_RIGHT: usize = 23;
export const LIST_RIGHT_COUNT: usize = 24;
export const OPTIONS_LEFT: usize = 25;
export const OPTIONS_RIGHT: usize = 26;
export const COUNTS: usize = 27;
export const CATEGORY_ROWS: usize = 41;
export const GROUP_ROWS: usize = 42;
export const COLUMN_STRIDE: usize = 43;
export const SPARSE: usize = 44;
export const KEEP_ROWS: usize = 45;
export const TOTAL_LEFT: usize = 112; // bytes from here on
export const TOTAL_RIGHT: usize = 120;
export const FLOOR_LEFT: usize = 128;
export const FLOOR_RIGHT: usize = 136;
export const MIN_HESSIAN: usize = 144;
export const OUT_LEFT: usize = 152;
export const OUT_PASSIVE_LEFT: usize = 156;
export const OUT_SCANNED: usize = 160;

/** Bytes of one thread's answers (left and right child) and sort space. */
export const ANSWER_BYTES: usize = 512;
export const SCRATCH_BYTES: usize = 8192;
