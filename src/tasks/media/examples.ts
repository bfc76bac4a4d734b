/** The few pictures or sounds that a report shows: chosen by what the file answered, small, and capped. */
import type { ReportData } from "../../report/index.ts";

/** Rows of each kind, and bytes of all together in the report. */
const shown = 12;
const mostBytes = 600_000;
/** Rows of each kind whose answer is explained. */
const explained = 8;

type Examples = NonNullable<ReportData["examples"]>;
type Example = Examples["wrong"][number];

interface Judged {
  readonly codes: Int32Array;
  /** Row-major [rows, classes]. */
  readonly probabilities: Float64Array;
  /** Draws a row: base64 of a PNG. */
  readonly draw: (row: number) => string;
  /** Draws what the answer rests on, for the first rows of each kind. */
  readonly why?: (row: number, answer: number) => Promise<string | undefined>;
}

interface Changed {
  readonly codes: Int32Array;
  readonly draw: (row: number) => string;
}

/** @param augmented - Rows as the network is shown them, with their classes. */
export async function mediaExamples(
  { codes, probabilities, draw, why }: Judged,
  classes: readonly string[],
  augmented: Changed | undefined,
): Promise<Examples> {
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
  const judged = async (chosen: typeof rows): Promise<Example[]> => {
    const found: Example[] = [];
    for (const [i, { row, code, first, share }] of chosen.slice(0, shown).entries()) {
      const reason = i < explained ? await why?.(row, first) : undefined;
      left -= reason?.length ?? 0;
      const rest = { actual: classes[code]!, predicted: classes[first]!, probability: share };
      found.push(...example(draw(row), { ...rest, ...(reason !== undefined && { why: reason }) }));
    }
    return found;
  };
  const wrong = rows.filter(({ code, first }) => code !== first).sort((a, b) => b.share - a.share);
  const unsure = [...rows].sort((a, b) => a.lead - b.lead);
  return {
    wrong: await judged(wrong),
    unsure: await judged(unsure),
    ...(augmented && {
      augmented: Array.from(augmented.codes).flatMap((code, row) =>
        example(augmented.draw(row), { actual: classes[code]! }),
      ),
    }),
  };
}
