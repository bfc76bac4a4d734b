import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { int16, wavFile, type WavParts } from "./wav-fixture.ts";
import { parseWav, readWav, type Sound } from "./wav.ts";

const golden = JSON.parse(
  readFileSync(new URL("../../../test/golden/media.json", import.meta.url), "utf8"),
) as { readonly companding: { readonly aLaw: readonly number[]; readonly muLaw: readonly number[] } };

function soundOf(bytes: Uint8Array): Sound {
  const got = parseWav(bytes);
  if (!got.ok) throw new Error(`the file ${got.reason}`);
  return got;
}

function reasonOf(bytes: Uint8Array): string {
  const got = parseWav(bytes);
  if (got.ok) throw new Error("it was read");
  return got.reason;
}

const wave = Array.from({ length: 50 }, (_, i) => Math.sin(i / 3) * 0.9);

/** The wave in a format, and how far its values may be off. */
function encoded(bits: number, tag: number): Buffer {
  const bytes = bits / 8;
  const out = Buffer.alloc(wave.length * bytes);
  for (const [i, value] of wave.entries()) {
    if (tag === 3 && bits === 32) out.writeFloatLE(value, i * 4);
    else if (tag === 3) out.writeDoubleLE(value, i * 8);
    else if (bits === 8) out.writeUInt8(Math.round(value * 128 + 128), i);
    else out.writeIntLE(Math.round(value * 2 ** (bits - 1)), i * bytes, bytes);
  }
  return out;
}

describe("formats of samples", () => {
  test.each([
    [8, 1, 1 / 256],
    [16, 1, 1 / 65536],
    [24, 1, 1e-7],
    [32, 1, 1e-7],
    [32, 3, 1e-7],
    [64, 3, 1e-7],
  ])("%i bits of format %i, within %f, plain and extensible", (bits, tag, tolerance) => {
    for (const extensible of [false, true]) {
      const { samples, rate, channels, cutShort, clipped } = soundOf(
        wavFile(encoded(bits, tag), { bits, tag, extensible, rate: 22_050 }),
      );
      expect({ rate, channels, cutShort, clipped, length: samples.length }).toEqual({
        rate: 22_050,
        channels: 1,
        cutShort: false,
        clipped: 0,
        length: wave.length,
      });
      for (const [i, value] of wave.entries())
        expect(Math.abs(samples[i]! - value)).toBeLessThanOrEqual(tolerance);
    }
  });

  test("the ends of each range are −1 and just below 1", () => {
    expect([...soundOf(wavFile(Uint8Array.of(0, 255), { bits: 8 })).samples]).toEqual([-1, 127 / 128]);
    expect([...soundOf(wavFile(Buffer.from("0080ff7f", "hex"))).samples]).toEqual([-1, 32767 / 32768]);
    const wide = soundOf(wavFile(Buffer.from("000080ffff7f", "hex"), { bits: 24 })).samples;
    expect([...wide]).toEqual([-1, Math.fround(8388607 / 8388608)]);
  });

  test.each([
    ["A-law", 6, golden.companding.aLaw],
    ["µ-law", 7, golden.companding.muLaw],
  ])("all 256 codes of %s are those of G.711", (_, tag, values) => {
    const codes = Uint8Array.from({ length: 256 }, (__, i) => i);
    const { samples } = soundOf(wavFile(codes, { tag, bits: 8 }));
    expect([...samples].map((value) => value * 32768)).toEqual(values);
  });

  test("channels are averaged", () => {
    const { samples, channels } = soundOf(wavFile(int16([0.5, -0.5, 0.4, 0.2, 1, 1]), { channels: 2 }));
    expect(channels).toBe(2);
    for (const [i, value] of [0, 0.3, 1].entries()) expect(samples[i]).toBeCloseTo(value, 3);
    const six = soundOf(
      wavFile(int16(Array.from({ length: 12 }, (_, i) => (i < 6 ? 0.6 : i / 20))), { channels: 6 }),
    );
    expect(six.samples.length).toBe(2);
    expect(six.samples[1]).toBeCloseTo(0.425, 3);
  });

  test("floats beyond the range are moved onto its ends and counted; no number is refused", () => {
    const floats = (...values: number[]) => Buffer.from(Float32Array.from(values).buffer);
    const { samples, clipped } = soundOf(wavFile(floats(2, -3, 0.5), { tag: 3, bits: 32 }));
    expect([...samples]).toEqual([1, -1, 0.5]);
    expect(clipped).toBe(2);
    expect(reasonOf(wavFile(floats(0, Number.NaN), { tag: 3, bits: 32 }))).toContain("sample 1");
    expect(reasonOf(wavFile(floats(Number.POSITIVE_INFINITY), { tag: 3, bits: 32 }))).toContain("no number");
  });
});

describe("odd files", () => {
  const samples = int16(wave);
  const list = ["LIST", Buffer.from("INFOISFT\x03\0\0\0abc")] as const;

  test("chunks between, of odd length, with and without their padding", () => {
    expect(soundOf(wavFile(samples, { before: [["junk", Buffer.alloc(7)], list] })).samples.length).toBe(50);
    const padded = wavFile(samples, { before: [["junk", Buffer.alloc(7, 1)]] });
    const at = padded.indexOf("data");
    const unpadded = Buffer.concat([padded.subarray(0, at - 1), padded.subarray(at)]);
    expect(soundOf(unpadded).samples).toEqual(soundOf(padded).samples);
  });

  test("a file that ends early is read as far as it goes", () => {
    const whole = wavFile(samples);
    const cut = soundOf(whole.subarray(0, whole.length - 31));
    expect(cut.cutShort).toBe(true);
    expect(cut.samples).toEqual(soundOf(whole).samples.subarray(0, 34));
  });

  test.each([
    ["4 GB", { told: 0xffffffff, riffTold: 0xffffffff }],
    ["nothing", { told: 0, riffTold: 0 }],
    ["what stood before the samples", { told: 0, riffTold: 36 }],
  ] as const)("a header that was never filled in, and says %s, is read to the end", (_, parts) => {
    const got = soundOf(wavFile(samples, parts));
    expect(got.samples.length).toBe(50);
    expect(got.cutShort).toBe(true);
  });

  test.each(["RF64", "BW64"])("%s tells its size in a chunk of its own", (form) => {
    const sizes = Buffer.alloc(28);
    sizes.writeBigUInt64LE(60n, 8);
    const parts: WavParts = { form, before: [["ds64", sizes]], told: 0xffffffff, riffTold: 0xffffffff };
    const got = soundOf(wavFile(samples, parts));
    expect(got.samples.length).toBe(30);
    expect(got.cutShort).toBe(false);
  });

  test("an empty chunk of samples, others behind it, holds none", () => {
    const empty = wavFile(new Uint8Array(0));
    expect(reasonOf(empty.subarray(0))).toBe("holds no samples");
    const tail = Buffer.from("LIST\x04\0\0\0INFO", "latin1");
    const more = Buffer.concat([empty, tail]);
    more.writeUInt32LE(more.length - 8, 4);
    expect(reasonOf(more)).toBe("holds no samples");
  });

  test.each([
    ["nothing", Buffer.alloc(0), "is empty"],
    ["text", Buffer.from("not a sound at all"), "is no sound file, not WAV"],
    ["MP3 with a tag", Buffer.from("ID3\x04\0\0\0\0\0\0\0\0\0\0"), "is MP3, not WAV"],
    ["FLAC", Buffer.from("fLaC\0\0\0\0\0\0\0\0\0\0"), "is FLAC, not WAV"],
    ["Ogg", Buffer.from("OggS\0\0\0\0\0\0\0\0\0\0"), "is Ogg, not WAV"],
    ["big-endian WAV", Buffer.from("RIFX\0\0\0\0WAVEfmt "), "is big-endian WAV (RIFX), not WAV"],
    ["a header alone", wavFile(samples).subarray(0, 12), "has no format chunk"],
    ["half a format", wavFile(samples).subarray(0, 30), "has a format chunk that is cut short"],
    ["a format alone", wavFile(samples).subarray(0, 36), "holds no samples"],
    [
      "ADPCM",
      wavFile(samples, { tag: 2, bits: 4 }),
      "has samples of format 2 with 4 bits, which is not read",
    ],
    [
      "floats of 16 bits",
      wavFile(samples, { tag: 3 }),
      "has samples of format 3 with 16 bits, which is not read",
    ],
    ["no channels", wavFile(samples, { channels: 0 }), "has 0 channels"],
    ["no rate", wavFile(samples, { rate: 0 }), "has a rate of 0 samples a second"],
  ])("%s is refused with its reason", (_, bytes, reason) => {
    expect(reasonOf(bytes)).toBe(reason);
  });

  test("samples before their format, and a wrong step", () => {
    const file = wavFile(samples);
    const turned = Buffer.concat([file.subarray(0, 12), file.subarray(36), file.subarray(12, 36)]);
    expect(reasonOf(turned)).toBe("has its samples before their format");
    const step = Buffer.from(file);
    step.writeUInt16LE(3, 32);
    expect(reasonOf(step)).toContain("says 3 bytes a moment");
  });

  test("no bytes at all make it throw", () => {
    const file = wavFile(samples, { before: [list], extensible: true });
    fc.assert(
      fc.property(
        fc.nat(file.length),
        fc.array(fc.tuple(fc.nat(file.length - 1), fc.nat(255)), { maxLength: 8 }),
        (length, changes) => {
          const bytes = Buffer.from(file);
          for (const [at, value] of changes) bytes[at] = value;
          const got = parseWav(bytes.subarray(0, length));
          if (got.ok) expect(got.samples.every((value) => Math.abs(value) <= 1)).toBe(true);
          else expect(got.reason).toMatch(/^(is|has|holds|says) /);
        },
      ),
      { numRuns: 500 },
    );
  });
});

test("paths: a file, a folder, a pipe, nothing", async () => {
  const folder = await mkdtemp(join(tmpdir(), "millwright-wav-"));
  try {
    await writeFile(join(folder, "a.wav"), wavFile(int16(wave)));
    expect(await readWav(join(folder, "a.wav"))).toMatchObject({ ok: true, rate: 8000 });
    expect(await readWav(folder)).toEqual({ ok: false, reason: "is no file" });
    if (spawnSync("mkfifo", [join(folder, "pipe.wav")]).status === 0)
      expect(await readWav(join(folder, "pipe.wav"))).toEqual({ ok: false, reason: "is no file" });
    expect(await readWav(join(folder, "b.wav"))).toEqual({ ok: false, reason: "is not there" });
  } finally {
    await rm(folder, { recursive: true });
  }
});
