export { isotonic, isotonicParameters } from "./isotonic.ts";
