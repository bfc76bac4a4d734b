/** Brings nodes of old opsets to ours. */
import { MillwrightError } from "../../core/index.ts";
import type { NodeProto, TensorProto } from "./messages.ts";
import type { Dim } from "../types.ts";

export interface Upgraded {
  readonly nodes: readonly NodeProto[];
  /** Constants that the new nodes use and the old one had as attributes. */
  readonly initializers: readonly TensorProto[];
}

/**
 * @param version - Opset of the file's standard domain.
 * @param shapeOf - Shape of a value that is defined already, where it is known.
 */
export function createUpgrade(
  version: number,
  _shapeOf: (name: string) => readonly Dim[] | undefined,
): (node: NodeProto) => Upgraded {
  return (node) => {
    if (version < 18 && (node.domain ?? "") === "") {
      throw new MillwrightError(
        "MODEL_VERSION",
        `The file is of opset ${version}.`,
        "Export it with opset 18 or later.",
      );
    }
    return { nodes: [node], initializers: [] };
  };
}
