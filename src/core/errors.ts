/**
 * The one error class, with a closed set of codes.
 *
 * A message says who complains and the numbers involved; the fix is one
 * imperative sentence; the code stands last. `docs/errors.md` explains every
 * code, and a test compares the two lists both ways.
 */

/** Every code a user can meet, with the class of mistake that it names. Sorted by prefix. */
export const errorCodes = [
  // data: what a table holds
  "DATA_EMPTY",
  "DATA_ONE_CLASS",
  "DATA_TOO_FEW_ROWS",
  "DATA_TOO_MANY_COLUMNS",
  "DATA_ALL_MISSING",
  "DATA_BAD_VALUE",
  "DATA_RAGGED_ROWS",
  "DATA_ENCODING",
  "DATA_LIMIT",
  // source: reaching the table
  "SOURCE_NOT_FOUND",
  "SOURCE_UNREADABLE",
  "SOURCE_UNREACHABLE",
  "SOURCE_FORBIDDEN",
  "SOURCE_FORMAT",
  "SOURCE_SQL",
  // schema: columns by name and kind
  "SCHEMA_MISSING_COLUMN",
  "SCHEMA_DUPLICATE_COLUMN",
  "SCHEMA_WRONG_KIND",
  "SCHEMA_BAD_CELL",
  "SCHEMA_MISMATCH",
  "SCHEMA_ROLE",
  "TARGET_MISSING",
  "TARGET_CONSTANT",
  // options
  "PARAMETER_UNKNOWN",
  "PARAMETER_MISSING",
  "PARAMETER_RANGE",
  "PARAMETER_CONFLICT",
  // graphs and models
  "SHAPE_MISMATCH",
  "DTYPE_MISMATCH",
  "GRAPH_INVALID",
  "GRAPH_NO_GRADIENT",
  "GRAPH_UNSUPPORTED",
  "MODEL_INVALID",
  "MODEL_LIMIT",
  "MODEL_VERSION",
  "MODEL_CHANGED",
  "RUNTIME_MISSING",
  "RUNTIME_FAILED",
  // fitting
  "FIT_DIVERGED",
  "FIT_SINGULAR",
  "BUDGET_TOO_SMALL",
  "LIMIT_UNREACHED",
  "CANCELLED",
  // the machine
  "OUTPUT_UNWRITABLE",
  "OUTPUT_EXISTS",
  "WORKER_FAILED",
  "OWN_CODE_FAILED",
] as const;

export type ErrorCode = (typeof errorCodes)[number];

/** A mistake that the user can fix: it names the object, the numbers and the fix. */
export class MillwrightError extends Error {
  override readonly name = "MillwrightError";
  readonly code: ErrorCode;
  /** What is wrong: the object and the numbers involved. */
  readonly what: string;
  /** What to do about it, one imperative sentence. */
  readonly fix: string;

  constructor(code: ErrorCode, what: string, fix: string, options?: { cause?: unknown }) {
    super(`${what} ${fix} [${code}]`, options);
    this.code = code;
    this.what = what;
    this.fix = fix;
  }
}

/** Throws on a broken promise of our own code: a defect of Millwright, never the user's mistake. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`Millwright defect: ${message}`);
}
