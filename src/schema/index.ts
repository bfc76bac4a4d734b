export {
  isMissingCell,
  missingNumbers,
  plainDecimal,
  readDatetimeCell,
  readNumberCell,
  readStringCell,
} from "./cells.ts";
export {
  type DatetimeFormat,
  daysFromCivil,
  daysInMonth,
  parseDatetimeCell,
  recogniseDatetimeFormat,
} from "./datetime-format.ts";
export {
  audio,
  boolean,
  type Cell,
  type ColumnSpec,
  category,
  datetime,
  defineSchema,
  id,
  image,
  type LabelOf,
  number,
  type Picture,
  type PredictionOf,
  type RowOf,
  type Sequence,
  sequence,
  text,
  tokens,
  type TypedSchema,
} from "./define.ts";
export { type Cells, type Frame, type NumberCells, type StringCells, takeRows } from "./frame.ts";
export {
  featureColumns,
  kindOf,
  answersOf,
  labelsOf,
  schemaDifference,
  schemaHash,
  targetColumn,
} from "./interface.ts";
export { parseNumberCell, recogniseNumberFormat } from "./number-format.ts";
export {
  compileRowReader,
  type InputCells,
  type InputType,
  inputCells,
  inputShape,
  inputString,
  inputType,
} from "./rows.ts";
export {
  type BooleanColumnSchema,
  type CategoryColumnSchema,
  type ColumnSchema,
  type DatetimeColumnSchema,
  type IdColumnSchema,
  type AudioColumnSchema,
  type ImageColumnSchema,
  type Kind,
  kinds,
  type NumberColumnSchema,
  type NumberFormat,
  type Role,
  roles,
  type Schema,
  type SequenceColumnSchema,
  type TextColumnSchema,
  type TokensColumnSchema,
} from "./schema.ts";
export { meansMissing, recogniseBoolean } from "./words.ts";
