/**
 * How wide a text will be, without a font at hand.
 *
 * The page uses the reader's system font, so no measurement here can be exact:
 * widths are Helvetica's in thousandths of an em (Adobe Core 14 metrics), grouped,
 * plus 14 % for wide fonts such as DejaVu Sans and Verdana. ECharts' own guess cut
 * long labels off.
 */

const groups: readonly (readonly [width: number, letters: string])[] = [
  [240, "ijl'|.,:;!I ·"],
  [350, 'ft()[]/\\-"`r–'],
  [500, "cksvxyzJ*?“”‘’"],
  [570, "abdeghnopqu0123456789_$L−FTZ…"],
  [700, "+=<>~#"],
  [680, "ABEKPSVXY&RCDHNUw"],
  [800, "GOQmM%"],
  [960, "W@—"],
];
const widths = new Map(groups.flatMap(([width, letters]) => Array.from(letters, (c) => [c, width] as const)));

/** Width of a text in pixels. */
export function textWidth(text: string, fontSize: number): number {
  let thousandths = 0;
  for (const c of text) thousandths += widths.get(c) ?? ((c.codePointAt(0) ?? 0) >= 0x1100 ? 1000 : 620);
  return (thousandths / 1000) * fontSize * 1.14;
}

/** Cuts the middle out of a text until it fits; the end often tells columns apart. */
export function fitText(text: string, pixels: number, fontSize: number): string {
  if (textWidth(text, fontSize) <= pixels) return text;
  const letters = Array.from(text);
  for (let kept = letters.length - 1; kept >= 2; kept--) {
    const front = Math.ceil(kept * 0.6);
    const short = `${letters.slice(0, front).join("")}…${letters.slice(letters.length - (kept - front)).join("")}`;
    if (textWidth(short, fontSize) <= pixels) return short;
  }
  return `${letters[0] ?? ""}…`;
}
