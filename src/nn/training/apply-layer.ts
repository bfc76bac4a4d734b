/**
 * What a layer without parameters makes of rows: features that are computed once, before training.
 *
 * The same layer stands in front of the network in the file that ships.
 */
import { MillwrightError, type Tensor } from "../../core/index.ts";
import { graph } from "../../graph/index.ts";
import { compile } from "../../runtime/index.ts";
import { requireCount, type Layer } from "../layer.ts";
import { buildNetwork, network } from "../network.ts";
import type { RowData } from "./loader.ts";

/**
 * Applies a layer to rows.
 *
 * @param rows - float32 or float64.
 * @param options.batchSize - Rows at a time. Default 64.
 * @throws MillwrightError `PARAMETER_CONFLICT` where the layer has parameters, which would have no values here.
 */
export async function applyLayer(
  part: Layer,
  rows: RowData,
  { batchSize = 64 }: { readonly batchSize?: number } = {},
): Promise<RowData> {
  requireCount("applyLayer", "batchSize", batchSize);
  const { dtype, shape, data } = rows;
  const size = shape.reduce((a, b) => a * b, 1);
  const count = data.length / size;
  requireCount("applyLayer", "rows", count);
  const built = buildNetwork(network({ dtype, shape }, part), {
    batch: "batch",
    training: false,
    ...(dtype === "float64" ? { dtype } : {}),
  });
  if (built.declared.size > 0) {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `applyLayer is given the layer ${part.kind} with parameters: ${[...built.declared.keys()].slice(0, 3).join(", ")}.`,
      "Give a layer without parameters, or run the whole network.",
    );
  }
  const session = await compile(graph({ inputs: built.inputs, outputs: { y: built.scores } }), {
    threads: 1,
  });
  try {
    let out: Float32Array | undefined;
    let outShape: readonly number[] = [];
    let outType: RowData["dtype"] = "float32";
    for (let from = 0; from < count; from += batchSize) {
      const to = Math.min(count, from + batchSize);
      const taken = (data as Float32Array).subarray(from * size, to * size);
      const { y } = (await session.run({
        x: { dtype, shape: [to - from, ...shape], data: taken } as Tensor,
      })) as {
        y: Tensor & RowData;
      };
      outShape = y.shape.slice(1);
      outType = y.dtype;
      const length = outShape.reduce((a, b) => a * b, 1);
      out ??= new (y.data.constructor as typeof Float32Array)(count * length);
      out.set(y.data as Float32Array, from * length);
    }
    return { dtype: outType, shape: outShape, data: out! };
  } finally {
    await session.release();
  }
}
