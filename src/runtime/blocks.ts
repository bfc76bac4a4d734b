/** How many numbers ONNX Runtime's convolutions lay beside each other on this machine: channels, or rows of a batch. */
import { graph, input, toBlocks, writeOnnx } from "../graph/index.ts";
import { type Backend, type Device, loadBackend } from "./backend.ts";

/** More than any machine's registers hold. */
const channels = 64;

let found: Promise<number> | undefined;

/**
 * Numbers in a block: 16 with AVX-512, 8 with AVX2.
 *
 * Asked of the runtime by a picture of two places: in blocks, the first channel's second place comes after the last
 * channel of the first block.
 *
 * @returns 0 where the runtime has no such convolutions: in a browser, and on processors without them.
 * @throws MillwrightError `RUNTIME_MISSING` where no package can run the device.
 */
export async function blockSize(device: Device): Promise<number> {
  const backend = await loadBackend(device);
  return backend.provider === "cpu" ? (found ??= ask(backend)) : 0;
}

async function ask({ ort }: Backend): Promise<number> {
  const x = input("x", "float32", [1, channels, 1, 2]);
  const data = Float32Array.from({ length: 2 * channels }, (_, i) => i);
  try {
    const bytes = writeOnnx(graph({ inputs: [x], outputs: { y: toBlocks(x) } }));
    const session = await ort.InferenceSession.create(bytes, { intraOpNumThreads: 1, logSeverityLevel: 4 });
    const { y } = await session.run({ x: new ort.Tensor("float32", data, [1, channels, 1, 2]) });
    await session.release();
    return Math.max(0, (y!.data as Float32Array).indexOf(1));
  } catch {
    return 0;
  }
}
