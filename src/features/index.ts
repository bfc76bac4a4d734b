export type { Feature, Matrix } from "./matrix.ts";
