export { demoCsv } from "./customers.ts";
export { shapeFiles, shapeNames, shapeSide } from "./shapes.ts";
