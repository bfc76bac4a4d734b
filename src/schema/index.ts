export { type Cells, type Frame, type NumberCells, type StringCells, takeRows } from "./frame.ts";
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
