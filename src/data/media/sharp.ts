/** The optional package that decodes images. */
import { MillwrightError } from "../../core/index.ts";

export type Sharp = typeof import("sharp")["default"];

let loaded: Promise<Sharp> | undefined;

/** @throws MillwrightError `RUNTIME_MISSING` where the package, or its part for this machine, is not installed. */
export function loadSharp(): Promise<Sharp> {
  loaded ??= import("sharp").then(
    ({ default: sharp }) => sharp,
    (cause) => {
      loaded = undefined;
      throw new MillwrightError(
        "RUNTIME_MISSING",
        "Reading images needs the package sharp, which is not installed for this machine.",
        "Install it: npm install sharp",
        { cause },
      );
    },
  );
  return loaded;
}
