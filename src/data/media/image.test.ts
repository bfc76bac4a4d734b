import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { describeUnlessMissing, missingPackage } from "../../../test/needs.ts";
import { decodeImage, type ImageOptions, type Pixels } from "./image.ts";
import { loadSharp, type Sharp } from "./sharp.ts";

const [width, height] = [48, 32];
/** Four quarters: red and green above, blue and grey below. */
const quarters = [
  [220, 30, 40],
  [20, 200, 60],
  [30, 40, 210],
  [120, 120, 120],
] as const;
const picture = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
  const [x, y] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
  return quarters[(x < width / 2 ? 0 : 1) + (y < height / 2 ? 0 : 2)]![i % 3]!;
});

async function decoded(bytes: Uint8Array, options: ImageOptions = {}): Promise<Pixels> {
  const got = await decodeImage(bytes, options);
  if (!got.ok) throw new Error(`the file ${got.reason}`);
  return got;
}

async function reasonOf(bytes: Uint8Array): Promise<string> {
  const got = await decodeImage(bytes);
  if (got.ok) throw new Error("it was read");
  return got.reason;
}

/** The colour in the middle of each quarter. */
function colours({ pixels, width: w, height: h, channels }: Pixels): number[][] {
  return [
    [0.25, 0.25],
    [0.75, 0.25],
    [0.25, 0.75],
    [0.75, 0.75],
  ].map(([x, y]) => {
    const at = (Math.floor(y! * h) * w + Math.floor(x! * w)) * channels;
    return [...pixels.subarray(at, at + channels)];
  });
}

/** How far colours are apart at most. */
function distance(a: readonly (readonly number[])[], b: readonly (readonly number[])[]): number {
  return Math.max(...a.flatMap((row, i) => row.map((value, j) => Math.abs(value - b[i]![j]!))));
}

describeUnlessMissing("images", missingPackage("sharp"), () => {
  let sharp: Sharp;
  const plain = () => sharp(picture, { raw: { width, height, channels: 3 } });
  beforeAll(async () => {
    sharp = await loadSharp();
  });

  describe("formats", () => {
    const formats: readonly [string, number, () => Promise<Buffer>][] = [
      ["PNG", 0, () => plain().png().toBuffer()],
      ["PNG with a palette", 0, () => plain().png({ palette: true }).toBuffer()],
      ["PNG of 16 bits", 0, () => plain().toColourspace("rgb16").png().toBuffer()],
      ["JPEG", 3, () => plain().jpeg({ quality: 95 }).toBuffer()],
      ["progressive JPEG", 3, () => plain().jpeg({ quality: 95, progressive: true }).toBuffer()],
      ["WebP", 0, () => plain().webp({ lossless: true }).toBuffer()],
      ["GIF", 8, () => plain().gif().toBuffer()],
      ["TIFF", 0, () => plain().tiff({ compression: "lzw" }).toBuffer()],
      ["AVIF", 3, () => plain().avif({ lossless: true }).toBuffer()],
    ];
    test.each(formats)("%s, within %i levels", async (_, tolerance, make) => {
      const got = await decoded(await make());
      expect([got.width, got.height, got.channels, got.pixels.length]).toEqual([48, 32, 3, picture.length]);
      expect(distance(colours(got), quarters)).toBeLessThanOrEqual(tolerance);
    });
  });

  describe("what becomes of odd files", () => {
    test("EXIF rotation is applied", async () => {
      // 6: the camera was turned, the picture's left edge is stored at the bottom.
      const turned = await decoded(await plain().png().withMetadata({ orientation: 6 }).toBuffer());
      expect([turned.width, turned.height]).toEqual([32, 48]);
      const [topLeft, topRight, bottomLeft, bottomRight] = quarters;
      expect(colours(turned)).toEqual([bottomLeft, topLeft, bottomRight, topRight].map((row) => [...row]));
      const mirrored = await decoded(await plain().png().withMetadata({ orientation: 2 }).toBuffer());
      expect(colours(mirrored)).toEqual([topRight, topLeft, bottomRight, bottomLeft].map((row) => [...row]));
    });

    test("CMYK becomes RGB; print has fewer colours, so within 90 levels, grey within 20", async () => {
      const got = await decoded(await plain().toColourspace("cmyk").jpeg({ quality: 100 }).toBuffer());
      expect(got.pixels.length).toBe(picture.length);
      expect(distance(colours(got), quarters)).toBeLessThan(90);
      expect(distance([colours(got)[3]!], [quarters[3]])).toBeLessThan(20);
    });

    test("grey of 8 and of 16 bits becomes RGB of equal channels", async () => {
      const grey = { raw: { width: 4, height: 1, channels: 1 as const } };
      const levels = [0, 85, 170, 255];
      const eight = await decoded(
        await sharp(Uint8Array.from(levels), grey).toColourspace("b-w").png().toBuffer(),
      );
      const deep = Uint16Array.from(levels, (level) => level * 257);
      const sixteen = await decoded(await sharp(deep, grey).toColourspace("grey16").png().toBuffer());
      for (const got of [eight, sixteen]) {
        expect(got.channels).toBe(3);
        expect([...got.pixels]).toEqual(levels.flatMap((level) => [level, level, level]));
      }
    });

    test("transparency is laid on white, or on the level that is given", async () => {
      const clear = await plain().ensureAlpha(0).png().toBuffer();
      expect(new Set((await decoded(clear)).pixels)).toEqual(new Set([255]));
      expect(new Set((await decoded(clear, { background: 7 })).pixels)).toEqual(new Set([7]));
      const half = await decoded(await plain().ensureAlpha(0.5).png().toBuffer());
      const mixed = quarters.map((row) => row.map((value) => (value + 255) / 2));
      expect(distance(colours(half), mixed)).toBeLessThan(1.5);
    });

    test("of an animation the first picture is taken", async () => {
      const frames = Buffer.concat([picture, Buffer.alloc(picture.length, 90)]);
      const raw = { width, height: 2 * height, channels: 3 as const, pageHeight: height };
      for (const bytes of [
        await sharp(frames, { raw }).gif().toBuffer(),
        await sharp(frames, { raw }).webp({ lossless: true }).toBuffer(),
      ]) {
        expect((await sharp(bytes).metadata()).pages).toBe(2);
        const got = await decoded(bytes);
        expect([got.width, got.height]).toEqual([48, 32]);
        expect(distance(colours(got), quarters)).toBeLessThanOrEqual(8);
      }
    });

    test("bytes behind a picture's end do no harm", async () => {
      const jpeg = await plain().jpeg().toBuffer();
      expect((await decoded(Buffer.concat([jpeg, Buffer.from("and more")]))).pixels).toEqual(
        (await decoded(jpeg)).pixels,
      );
    });

    test("one of 20,000 pixels across is read and made small", async () => {
      const wide = await sharp({ create: { width: 20_000, height: 30, channels: 3, background: "#c06040" } })
        .png()
        .toBuffer();
      const got = await decoded(wide, { width: 8, height: 8, fit: "stretch" });
      expect([...got.pixels.subarray(0, 3)]).toEqual([192, 96, 64]);
      expect((await decoded(wide)).width).toBe(20_000);
    });
  });

  describe("files that cannot be read", () => {
    test("a picture beyond the limit of pixels is told with its size, before it is decoded", async () => {
      // A PNG whose header promises what is not there.
      const png = await plain().png().toBuffer();
      const header = Buffer.from(png);
      header.writeUInt32BE(20_000, 16);
      header.writeUInt32BE(20_000, 20);
      header.writeUInt32BE(crc32(header.subarray(12, 29)), 29);
      expect(await reasonOf(header)).toBe("has 20000 × 20000 pixels, more than the limit of 100 million");
    });

    test.each([0.3, 0.6, 0.97])("cut off after %f of its bytes", async (share) => {
      const noise = Uint8Array.from({ length: 96 * 96 * 3 }, (_, i) => (i * 7919 + ((i * i) >> 5)) & 255);
      const noisy = sharp(noise, { raw: { width: 96, height: 96, channels: 3 } });
      for (const bytes of [
        await noisy.clone().jpeg().toBuffer(),
        await noisy.clone().png().toBuffer(),
        await noisy.clone().webp().toBuffer(),
        await noisy.clone().tiff().toBuffer(),
      ]) {
        expect(await reasonOf(bytes.subarray(0, Math.floor(bytes.length * share)))).toMatch(
          /^is a broken or cut-off (JPEG|PNG|WebP|TIFF)$/,
        );
      }
    });

    test("changed bytes of a PNG are seen by its checksums", async () => {
      const bytes = await plain().png().toBuffer();
      const at = bytes.indexOf("IDAT") + 10;
      bytes[at]! ^= 255;
      expect(await reasonOf(bytes)).toBe("is a broken or cut-off PNG");
    });

    test("bytes at random never throw", async () => {
      const bytes = await plain().jpeg().toBuffer();
      for (let seed = 0; seed < 40; seed++) {
        const changed = Buffer.from(bytes);
        for (let k = 0; k < 6; k++)
          changed[(seed * 131 + k * 977) % bytes.length] = (seed * 37 + k * 91) & 255;
        const got = await decodeImage(changed, { width: 4, height: 4 });
        if (got.ok) expect(got.pixels.length).toBe(48);
        else expect(got.reason).toMatch(/^(is|has) /);
      }
    });

    test.each([
      ["nothing", Buffer.alloc(0), "is empty"],
      ["text", Buffer.from("hello, I am a text"), "is no image, not JPEG"],
      ["SVG", Buffer.from("<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>"), "is SVG"],
      ["a web page instead of a picture", Buffer.from("<!DOCTYPE html><html>404"), "is a web page"],
      ["HEIC", Buffer.from("\0\0\0\x18ftypheic\0\0\0\0", "latin1"), "is HEIC"],
      ["BMP", Buffer.from("BM\x46\0\0\0\0\0\0\0\x36\0\0\0", "latin1"), "is BMP"],
      [
        "a JPEG's first bytes alone",
        Buffer.from("ffd8ffe000104a464946", "hex"),
        "is a broken or cut-off JPEG",
      ],
    ])("%s", async (_, bytes, words) => {
      expect(await reasonOf(bytes)).toContain(words);
    });

    test("paths: a file, a folder, nothing", async () => {
      const folder = await mkdtemp(join(tmpdir(), "millwright-image-"));
      try {
        await writeFile(join(folder, "a.png"), await plain().png().toBuffer());
        expect(await decodeImage(join(folder, "a.png"))).toMatchObject({ ok: true, width, height });
        expect(await decodeImage(folder)).toEqual({ ok: false, reason: "is no file" });
        expect(await decodeImage(join(folder, "b.png"))).toEqual({ ok: false, reason: "is not there" });
      } finally {
        await rm(folder, { recursive: true });
      }
    });
  });

  describe("sizes", () => {
    /** Columns of levels 0, 10, 20 …, so that a pixel tells where it came from. */
    const ramp = (w: number, h: number) =>
      sharp(
        Uint8Array.from({ length: w * h * 3 }, (_, i) => (Math.floor(i / 3) % w) * 10),
        { raw: { width: w, height: h, channels: 3 } },
      )
        .png()
        .toBuffer();
    const row = ({ pixels, width: w, channels }: Pixels, y: number): number[] =>
      Array.from({ length: w }, (_, x) => pixels[(y * w + x) * channels]!);

    test("cover keeps the middle", async () => {
      const got = await decoded(await ramp(12, 4), { width: 4, height: 4 });
      expect(row(got, 0)).toEqual([40, 50, 60, 70]);
      const half = await decoded(await ramp(16, 4), { width: 2, height: 2 });
      expect([half.width, half.height, half.pixels.length]).toEqual([2, 2, 12]);
    });

    test("contain keeps all and fills up with the background", async () => {
      const wide = await decoded(await ramp(8, 4), { width: 8, height: 8, fit: "contain", background: 9 });
      expect(row(wide, 1)).toEqual(new Array(8).fill(9));
      expect(row(wide, 2)).toEqual([0, 10, 20, 30, 40, 50, 60, 70]);
      expect(row(wide, 5)).toEqual([0, 10, 20, 30, 40, 50, 60, 70]);
      expect(row(wide, 6)).toEqual(new Array(8).fill(9));
      const tall = await decoded(await ramp(4, 8), { width: 8, height: 8, fit: "contain", background: 9 });
      expect(row(tall, 3)).toEqual([9, 9, 0, 10, 20, 30, 9, 9]);
    });

    test("stretch changes the proportions", async () => {
      const got = await decoded(await ramp(12, 4), { width: 6, height: 9, fit: "stretch" });
      expect([got.width, got.height]).toEqual([6, 9]);
      for (let y = 0; y < 9; y++) {
        const values = row(got, y);
        expect(values.slice(1, 5)).toEqual([25, 45, 65, 85]);
      }
    });

    test.each([
      [1, 1],
      [1, 9],
      [9, 1],
      [3, 2],
    ])("a picture of %i × %i fits everything", async (w, h) => {
      const bytes = await ramp(w, h);
      for (const fit of ["cover", "contain", "stretch"] as const) {
        const got = await decoded(bytes, { width: 5, height: 4, fit });
        expect(got.pixels.length).toBe(60);
      }
    });

    test("grey is 299, 587 and 114 thousandths, within one level", async () => {
      const got = await decoded(await plain().png().toBuffer(), { channels: 1 });
      expect(got.pixels.length).toBe(width * height);
      const expected = quarters.map(([r, g, b]) => [0.299 * r + 0.587 * g + 0.114 * b]);
      expect(distance(colours(got), expected)).toBeLessThanOrEqual(1);
      expect(colours(got)[3]).toEqual([120]);
    });

    test("the same bytes give the same pixels", async () => {
      const bytes = await plain().jpeg().toBuffer();
      const options = { width: 13, height: 7 };
      expect(await decoded(bytes, options)).toEqual(await decoded(bytes, options));
    });

    test.each([
      [{ width: 32 }, "PARAMETER_CONFLICT", "width 32 and height 0"],
      [{ width: -1, height: 4 }, "PARAMETER_RANGE", "decodeImage.width is -1"],
      [{ width: 9000, height: 9000 }, "PARAMETER_RANGE", "from 0 to 8192"],
      [{ channels: 2 as 1 }, "PARAMETER_RANGE", "needs 1 or 3"],
      [{ fit: "crop" as "cover" }, "PARAMETER_RANGE", "one of cover, contain, stretch"],
      [{ size: 4 } as ImageOptions, "PARAMETER_UNKNOWN", '"size"'],
    ])("%j is refused", async (options, code, words) => {
      await expect(decodeImage(picture, options)).rejects.toMatchObject({
        code,
        message: expect.stringContaining(words),
      });
    });
  });
});

/** CRC-32 of PNG chunks, bit by bit. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let k = 0; k < 8; k++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
