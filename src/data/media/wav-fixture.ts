/** Writes WAV files for tests. */

export interface WavParts {
  readonly tag?: number;
  readonly channels?: number;
  readonly rate?: number;
  readonly bits?: number;
  readonly extensible?: boolean;
  readonly form?: string;
  /** Chunks between the format and the samples, as name and content. */
  readonly before?: readonly (readonly [string, Uint8Array])[];
  /** What the header says of the samples' bytes, where that is not their number. */
  readonly told?: number;
  readonly riffTold?: number;
}

/** A WAV file around bytes of samples. */
export function wavFile(data: Uint8Array, parts: WavParts = {}): Buffer {
  const { tag = 1, channels = 1, rate = 8000, bits = 16, extensible = false, form = "RIFF" } = parts;
  const step = Math.ceil(bits / 8) * channels;
  const format = Buffer.alloc(extensible ? 40 : 16);
  format.writeUInt16LE(extensible ? 0xfffe : tag, 0);
  format.writeUInt16LE(channels, 2);
  format.writeUInt32LE(rate, 4);
  format.writeUInt32LE((rate * step) >>> 0, 8);
  format.writeUInt16LE(step, 12);
  format.writeUInt16LE(bits, 14);
  if (extensible) {
    format.writeUInt16LE(22, 16);
    format.writeUInt16LE(bits, 18);
    format.writeUInt16LE(tag, 24);
    format.write("000000001000800000aa00389b71", 26, "hex");
  }
  const chunk = (name: string, content: Uint8Array, told = content.length): Buffer => {
    const head = Buffer.alloc(8);
    head.write(name, "latin1");
    head.writeUInt32LE(told, 4);
    return Buffer.concat([head, content, Buffer.alloc(content.length % 2)]);
  };
  const body = Buffer.concat([
    Buffer.from("WAVE"),
    ...(parts.before ?? [])
      .filter(([name]) => name === "ds64")
      .map(([name, content]) => chunk(name, content)),
    chunk("fmt ", format),
    ...(parts.before ?? [])
      .filter(([name]) => name !== "ds64")
      .map(([name, content]) => chunk(name, content)),
    chunk("data", data, parts.told),
  ]);
  const head = Buffer.alloc(8);
  head.write(form, "latin1");
  head.writeUInt32LE(parts.riffTold ?? body.length, 4);
  return Buffer.concat([head, body]);
}

/** Values in [−1, 1] as signed 16-bit samples. */
export function int16(values: readonly number[]): Buffer {
  const out = Buffer.alloc(values.length * 2);
  for (const [i, value] of values.entries()) out.writeInt16LE(Math.round(value * 32767), 2 * i);
  return out;
}
