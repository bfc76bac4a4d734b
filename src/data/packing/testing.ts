/** Bytes as a zstd file that packs nothing: one frame of one raw block, at most 128 kB (RFC 8878, 3.1.1). */
export function storedZstd(bytes: Uint8Array | string): Buffer {
  const content = Buffer.from(bytes as string);
  // Single segment, four bytes of content size, no checksum.
  const header = Buffer.from("28b52ffda000000000", "hex");
  header.writeUInt32LE(content.length, 5);
  const block = Buffer.alloc(3);
  block.writeUIntLE((content.length << 3) | 1, 0, 3);
  return Buffer.concat([header, block, content]);
}
