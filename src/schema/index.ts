export {
  boolean,
  type Cell,
  type ColumnSpec,
  category,
  datetime,
  defineSchema,
  id,
  type LabelOf,
  number,
  type PredictionOf,
  type RowOf,
  text,
  type TypedSchema,
} from "./define.ts";
export { type Cells, type Frame, type NumberCells, type StringCells, takeRows } from "./frame.ts";
export {
  featureColumns,
  kindOf,
  labelsOf,
  schemaDifference,
  schemaHash,
  targetColumn,
} from "./interface.ts";
export {
  type BooleanColumnSchema,
  type CategoryColumnSchema,
  type ColumnSchema,
  type DatetimeColumnSchema,
  type IdColumnSchema,
  type Kind,
  kinds,
  type NumberColumnSchema,
  type NumberFormat,
  type Role,
  roles,
  type Schema,
  type TextColumnSchema,
} from "./schema.ts";
