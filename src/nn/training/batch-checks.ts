/**
 * What a batch must be for a step to take it.
 *
 * Asked of every batch, since loaders may be the user's own, and since a graph says nothing of a code without a class:
 * its share of each class is 0, and so is its loss, which looks like learning.
 */
import { type DType, MillwrightError, type Tensor } from "../../core/index.ts";
import type { Dim } from "../../graph/index.ts";
import type { Loss } from "../losses.ts";
import type { InputSpec } from "../network.ts";
import { type Batch, requireArray } from "./loader.ts";

export interface Expected {
  readonly inputs: Readonly<Record<string, InputSpec>>;
  readonly target: ReturnType<Loss["target"]>;
  /** For messages. */
  readonly loss: string;
}

/**
 * Inputs that are not there are the runtime's to tell, which knows the nearest name.
 *
 * @throws MillwrightError `DTYPE_MISMATCH`, `SHAPE_MISMATCH`; `DATA_BAD_VALUE` for a weight below 0 or a target that is
 *   no class, naming the row.
 */
export function requireBatch(batch: Batch, { inputs, target, loss }: Expected): void {
  const rows = batch.target.shape[0] ?? 0;
  for (const [name, spec] of Object.entries(inputs)) {
    const given = Object.hasOwn(batch.inputs, name) ? batch.inputs[name] : undefined;
    const fix = `Give the loader's rows of "${name}" the dtype and shape of the network's input, ${show(spec.dtype, spec.shape)}.`;
    if (given) requireKind(given, spec.dtype, [rows, ...spec.shape], name, "the network", fix);
  }
  const fix = "Give the loader such targets, or take another loss or a head that suits them.";
  requireKind(batch.target, target.dtype, target.shape, "target", `${loss} on these scores`, fix);
  const each = batch.weight.length / rows;
  batch.weight.forEach((weight, i) => {
    if (weight < 0) {
      throw new MillwrightError(
        "DATA_BAD_VALUE",
        `The weight of row ${rowAt(batch, i, each)} is ${weight}: training would move away from its target.`,
        "Give weights of at least 0.",
      );
    }
  });
  if (target.codes !== undefined) requireCodes(batch, target.codes, loss);
}

function requireKind(
  given: Tensor,
  dtype: DType,
  shape: readonly Dim[],
  name: string,
  taker: string,
  fix: string,
): void {
  const sameShape =
    given.shape.length === shape.length &&
    shape.every((size, axis) => typeof size !== "number" || size === given.shape[axis]);
  if (given.dtype === dtype && sameShape) {
    if (dtype !== "string") requireArray(name, dtype, given.data);
    return;
  }
  throw new MillwrightError(
    given.dtype === dtype ? "SHAPE_MISMATCH" : "DTYPE_MISMATCH",
    `The loader gives "${name}" as ${show(given.dtype, given.shape)}, and ${taker} takes ${show(dtype, shape)}.`,
    fix,
  );
}

function requireCodes(batch: Batch, count: number, loss: string): void {
  const codes = batch.target.data as BigInt64Array;
  // Some losses have one weight for all positions of a row, others one each.
  const each = codes.length / batch.weight.length;
  const limit = BigInt(count);
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i]!;
    if ((code >= 0n && code < limit) || batch.weight[Math.floor(i / each)] === 0) continue;
    throw new MillwrightError(
      "DATA_BAD_VALUE",
      `The target of row ${rowAt(batch, i, codes.length / batch.target.shape[0]!)} is ${code}, and ${loss} has the classes 0 to ${count - 1}.`,
      "Number the classes from 0, or end the network with a score for each; what does not count has weight 0.",
    );
  }
}

/** The loader's number of the row that an element belongs to. */
function rowAt({ rows }: Batch, element: number, each: number): number | string {
  return rows[Math.floor(element / each)] ?? "(filling)";
}

function show(dtype: DType, shape: readonly Dim[]): string {
  return `${dtype} [${shape.join(", ")}]`;
}
