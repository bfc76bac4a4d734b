/** Every op that we define, by domain and ONNX type. */
import { activationOps } from "./activation.ts";
import { arithmeticOps } from "./arithmetic.ts";
import { comparisonOps } from "./comparison.ts";
import { convolutionOps } from "./convolution.ts";
import { indexingOps } from "./indexing.ts";
import { linearOps } from "./linear.ts";
import { paddingOps } from "./padding.ts";
import { poolingOps } from "./pooling.ts";
import { dropoutOps } from "./dropout.ts";
import { einsumOps } from "./einsum.ts";
import { normalizationOps } from "./normalization.ts";
import { recurrentOps } from "./recurrent.ts";
import { reductionOps } from "./reduction.ts";
import { resizingOps } from "./resizing.ts";
import { responseNormalizationOps } from "./response-normalization.ts";
import { selectionOps } from "./selection.ts";
import { shapeOps } from "./shape.ts";
import { spectralOps } from "./spectral.ts";
import { textOps } from "./text.ts";
import { treeOps } from "./tree.ts";
import type { OpDefinition } from "../types.ts";

export const definitions: readonly OpDefinition[] = [
  ...arithmeticOps,
  ...comparisonOps,
  ...reductionOps,
  ...linearOps,
  ...convolutionOps,
  ...poolingOps,
  ...einsumOps,
  ...resizingOps,
  ...responseNormalizationOps,
  ...shapeOps,
  ...indexingOps,
  ...paddingOps,
  ...activationOps,
  ...normalizationOps,
  ...recurrentOps,
  ...dropoutOps,
  ...selectionOps,
  ...spectralOps,
  ...textOps,
  ...treeOps,
];

const byType = new Map(
  definitions.map((definition) => [`${definition.domain}:${definition.type}`, definition]),
);

/** The definition of an ONNX op, or undefined when we do not have it. */
export function definitionOf(domain: string, type: string): OpDefinition | undefined {
  return byType.get(`${domain === "ai.onnx" ? "" : domain}:${type}`);
}

export interface SupportedOp {
  /** ONNX type. */
  readonly name: string;
  /** "ai.onnx" for the standard domain. */
  readonly domain: string;
  /** Whether a gradient flows through it, is exactly zero everywhere, or is an error. */
  readonly gradient: "yes" | "constant" | "no";
}

/** The table of supported ops, in order of domain and name. */
export function supportedOps(): SupportedOp[] {
  const key = (op: SupportedOp): string => `${op.domain}:${op.name}`;
  return definitions
    .map(
      ({ type, domain, gradient }): SupportedOp => ({
        name: type,
        domain: domain === "" ? "ai.onnx" : domain,
        gradient: gradient === "constant" ? gradient : gradient ? "yes" : "no",
      }),
    )
    .sort((a, b) => (key(a) < key(b) ? -1 : 1));
}
