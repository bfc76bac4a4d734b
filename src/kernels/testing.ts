/** The bare kernels for their tests: every exported function on a memory of its own. */
import { instantiate, kernelModule } from "./kernels.ts";
import { KernelMemory } from "./memory.ts";

export function bareKernels() {
  const memory = new KernelMemory();
  const call = instantiate(kernelModule(), memory.wasm).exports as Record<
    string,
    (...args: number[]) => number
  >;
  /** Copies an array into the memory and returns its address. */
  const put = (values: Uint8Array | Uint32Array | Float32Array | Float64Array | BigInt64Array): number => {
    const at = memory.take(values.byteLength);
    memory.u8(at, values.byteLength).set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    return at;
  };
  return { memory, call, put };
}
