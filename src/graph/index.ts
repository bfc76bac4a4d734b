export type { Dim, Value } from "./value.ts";
