/** The few pictures or sounds that a report shows: chosen by what the file answered, small, and capped. */
import type { ReportData } from "../../report/index.ts";

/** Rows of each kind, and bytes of all together in the report. */
const shown = 12;
const mostBytes = 600_000;

type Examples = NonNullable<ReportData["examples"]>;
type Example = Examples["wrong"][number];

interface Judged {
  readonly codes: Int32Array;
  /** Row-major [rows, classes]. */
  readonly probabilities: Float64Array;
  /** Draws a row: base64 of a PNG. */
  readonly draw: (row: number) => string;
}

interface Changed {
  readonly codes: Int32Array;
  readonly draw: (row: number) => string;
}

/** @param augmented - Rows as the network is shown them, with their classes. */
export function mediaExamples(
  { codes, probabilities, draw }: Judged,
  classes: readonly string[],
  augmented: Changed | undefined,
): Examples {
  const rows = Array.from(codes, (code, row) => {
    const shares = probabilities.subarray(row * classes.length, (row + 1) * classes.length);
    const [first, second] = [...shares.keys()].sort((a, b) => shares[b]! - shares[a]!) as [number, number];
    return { row, code, first, share: shares[first]!, lead: shares[first]! - shares[second]! };
  });
  let left = mostBytes;
  const example = (png: string, rest: Omit<Example, "png">): Example[] => {
    left -= png.length;
    return left < 0 ? [] : [{ png, ...rest }];
  };
  const judged = ({ row, code, first, share }: (typeof rows)[number]): Example[] =>
    example(draw(row), { actual: classes[code]!, predicted: classes[first]!, probability: share });
  const wrong = rows.filter(({ code, first }) => code !== first).sort((a, b) => b.share - a.share);
  const unsure = [...rows].sort((a, b) => a.lead - b.lead);
  return {
    wrong: wrong.slice(0, shown).flatMap(judged),
    unsure: unsure.slice(0, shown).flatMap(judged),
    ...(augmented && {
      augmented: Array.from(augmented.codes).flatMap((code, row) =>
        example(augmented.draw(row), { actual: classes[code]! }),
      ),
    }),
  };
}
