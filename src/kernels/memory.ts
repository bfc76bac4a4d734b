/**
 * The memory of the kernels: one shared WebAssembly memory, handed out from the bottom up and given back as a whole.
 *
 * A fit knows what it needs and frees everything at its end, so a bump pointer with marks suffices. A WebAssembly
 * memory cannot shrink and holds at most 4 GiB.
 */
import { MillwrightError } from "../core/index.ts";

const PAGE = 65536;
/** Below this address lie the tables of the kernels and the control block of the team. */
const BASE = 40960;
const LIMIT = 65536 * PAGE;

/** Bump allocator over a growing shared memory. Addresses are byte offsets, aligned to 64. */
export class KernelMemory {
  readonly wasm = new WebAssembly.Memory({ initial: 16, maximum: 65536, shared: true });
  #top = BASE;

  /** Bytes in use. */
  get used(): number {
    return this.#top;
  }

  /** Bytes taken from the system. */
  get size(): number {
    return this.wasm.buffer.byteLength;
  }

  /**
   * Takes `bytes` bytes, not cleared, with 64 bytes behind them that may be overwritten.
   *
   * @throws MillwrightError `DATA_LIMIT` beyond 4 GiB or what the machine gives.
   */
  take(bytes: number): number {
    const at = this.#top;
    const top = Math.ceil((at + bytes + 64) / 64) * 64;
    const missing = Math.ceil(top / PAGE) - this.size / PAGE;
    const refuse = (cause?: unknown): never => {
      throw new MillwrightError(
        "DATA_LIMIT",
        `The kernels need ${(top / 1e9).toFixed(2)} GB for this fit, and one fit can hold 4.29 GB or what the machine has free.`,
        "Fit on fewer rows or columns.",
        { cause },
      );
    };
    if (top > LIMIT) refuse();
    if (missing > 0) {
      try {
        this.wasm.grow(missing);
      } catch (cause) {
        refuse(cause);
      }
    }
    this.#top = top;
    return at;
  }

  /** Gives back everything taken since `mark` was read from `used`. */
  release(mark: number): void {
    this.#top = mark;
  }

  /** Everything is free again. */
  reset(): void {
    this.#top = BASE;
  }

  u8(at: number, length: number): Uint8Array {
    return new Uint8Array(this.wasm.buffer, at, length);
  }
  u32(at: number, length: number): Uint32Array {
    return new Uint32Array(this.wasm.buffer, at, length);
  }
  i32(at: number, length: number): Int32Array {
    return new Int32Array(this.wasm.buffer, at, length);
  }
  f32(at: number, length: number): Float32Array {
    return new Float32Array(this.wasm.buffer, at, length);
  }
  f64(at: number, length: number): Float64Array {
    return new Float64Array(this.wasm.buffer, at, length);
  }
}
