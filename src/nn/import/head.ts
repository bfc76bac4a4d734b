/** A head of one's own on an imported network. */
import { MillwrightError } from "../../core/index.ts";
import type { Layer, Precision } from "../layer.ts";
import { initialise } from "../network.ts";
import { valueNamed } from "./file.ts";
import { type Imported, importedFrom } from "./load.ts";

export interface HeadOptions {
  /** The tensor to go on from, by its name in the file. Default: the one before the last layer, `report.head`. */
  readonly at?: string;
  /** Stands after it, under "head". */
  readonly head: Layer;
  /** Draws the head's first weights. */
  readonly seed: number;
}

/**
 * Cuts a network at a tensor and puts layers in place of what came after it.
 *
 * @throws MillwrightError `PARAMETER_MISSING` where the file shows no last layer and none is named;
 *   `PARAMETER_CONFLICT` where what is kept has weights under "head" itself; `PARAMETER_UNKNOWN` for a name that it does
 *   not have, `SHAPE_MISMATCH` where the head does not fit.
 */
export function replaceHead({ file: from, report }: Imported, { at, head, seed }: HeadOptions): Imported {
  const name = at ?? report.head?.at;
  if (name === undefined) {
    throw new MillwrightError(
      "PARAMETER_MISSING",
      `The file has no last layer before "${from.outputName}" to cut at.`,
      "Name the tensor that the head takes: { at }.",
    );
  }
  const output = valueNamed(from.graph, name);
  const imported = importedFrom({ ...from, output, outputName: name, head }, report);
  const { constants, running } = imported.file;
  const taken = [...constants.keys(), ...running.keys()].filter((path) => path.startsWith("head."));
  if (taken.length > 0) {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `The file has ${taken.length} ${taken.length === 1 ? "weight" : "weights"} under "head" (${taken[0]!}${taken.length > 1 ? ", …" : ""}) before the cut, where those of the new head would stand: they could be shared.`,
      'Load it with a place of its own: { prefix: "backbone" }.',
    );
  }
  const weights = initialise(imported.network, { seed, dtype: output.dtype as Precision });
  return { ...imported, weights };
}
