/**
 * MurmurHash3 x86 32-bit of a string's UTF-8, as ONNX Runtime's com.microsoft
 * MurmurHash3 computes it (it hashes as many bytes as the string has; seed 0).
 * Source: Austin Appleby, public domain, 2011.
 */
const encoder = new TextEncoder();

/** Signed 32-bit hash. */
export function murmur3(text: string): number {
  const bytes = encoder.encode(text);
  const mix = (k: number): number => {
    const m = Math.imul(k, 0xcc9e2d51);
    return Math.imul((m << 15) | (m >>> 17), 0x1b873593);
  };
  const whole = bytes.length - (bytes.length % 4);
  let h = 0;
  for (let i = 0; i < whole; i += 4) {
    h ^= mix(bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24));
    h = (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
  }
  let tail = 0;
  for (let i = bytes.length - 1; i >= whole; i--) tail = (tail << 8) | bytes[i]!;
  if (whole < bytes.length) h ^= mix(tail);
  h ^= bytes.length;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** Bucket 0 … count − 1 of a string. */
export function bucketOf(text: string, count: number): number {
  const remainder = murmur3(text) % count;
  return remainder < 0 ? remainder + count : remainder;
}
