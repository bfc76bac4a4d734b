/** The few pictures that a report shows: chosen by what the file answered, small, and capped. */
import type { ReportData } from "../../report/index.ts";
import { encodePng } from "./png.ts";
import type { PictureSize } from "./read-pictures.ts";

/** Pictures of each kind, and bytes of all together in the report. */
const shown = 12;
const mostBytes = 600_000;
/** Pixels across and down, at most. */
const side = 96;

type Examples = NonNullable<ReportData["examples"]>;
type Example = Examples["wrong"][number];

interface Judged {
  /** [pictures, height, width, channels]. */
  readonly pixels: Uint8Array;
  readonly codes: Int32Array;
  /** Row-major [pictures, classes]. */
  readonly probabilities: Float64Array;
}

/** @param augmented - Pictures as the network is shown them, with their classes. */
export function pictureExamples(
  { pixels, codes, probabilities }: Judged,
  classes: readonly string[],
  size: PictureSize,
  augmented: { readonly pixels: Uint8Array; readonly codes: Int32Array } | undefined,
): Examples {
  const rows = Array.from(codes, (code, row) => {
    const shares = probabilities.subarray(row * classes.length, (row + 1) * classes.length);
    const [first, second] = [...shares.keys()].sort((a, b) => shares[b]! - shares[a]!) as [number, number];
    return { row, code, first, share: shares[first]!, lead: shares[first]! - shares[second]! };
  });
  let left = mostBytes;
  const example = (all: Uint8Array, row: number, rest: Omit<Example, "png">): Example[] => {
    const png = thumbnail(all, row, size);
    left -= png.length;
    return left < 0 ? [] : [{ png, ...rest }];
  };
  const judged = ({ row, code, first, share }: (typeof rows)[number]): Example[] =>
    example(pixels, row, { actual: classes[code]!, predicted: classes[first]!, probability: share });
  const wrong = rows.filter(({ code, first }) => code !== first).sort((a, b) => b.share - a.share);
  const unsure = [...rows].sort((a, b) => a.lead - b.lead);
  return {
    wrong: wrong.slice(0, shown).flatMap(judged),
    unsure: unsure.slice(0, shown).flatMap(judged),
    ...(augmented && {
      augmented: Array.from(augmented.codes).flatMap((code, row) =>
        example(augmented.pixels, row, { actual: classes[code]! }),
      ),
    }),
  };
}

/** A picture as base64 of a PNG, every second (third, …) pixel of it where it is large. */
function thumbnail(pixels: Uint8Array, row: number, { height, width, channels }: PictureSize): string {
  const step = Math.ceil(Math.max(height, width) / side);
  const small = { height: Math.floor(height / step), width: Math.floor(width / step), channels };
  const from = pixels.subarray(row * height * width * channels);
  const out = new Uint8Array(small.height * small.width * channels);
  for (let y = 0; y < small.height; y++)
    for (let x = 0; x < small.width; x++)
      for (let c = 0; c < channels; c++)
        out[(y * small.width + x) * channels + c] = from[(y * step * width + x * step) * channels + c]!;
  return encodePng(out, small).toString("base64");
}
