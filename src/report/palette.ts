/**
 * The colours of the report, light and dark, chosen together.
 *
 * Charts are drawn with the light colours; `draw.ts` then turns each into its CSS
 * variable with the light colour as fallback, so one picture serves both themes and
 * paper. Text has a contrast of at least 4.5 to the page and marks at least 3
 * (WCAG 2.2, 1.4.3 and 1.4.11); a test computes it.
 */

export const light = {
  page: "#fcfcfb",
  panel: "#f3f4f3",
  ink: "#1c2127",
  soft: "#59626d",
  rule: "#dfe2e5",
  grid: "#e8eaec",
  faint: "#868f99",
  blue: "#2457a6",
  orange: "#b4530a",
  green: "#22724a",
  violet: "#6d4aa8",
  teal: "#0b6a72",
  rose: "#a32c60",
  olive: "#646010",
  brown: "#7b4a2c",
} as const;

export type Colour = keyof typeof light;

export const dark: Readonly<Record<Colour, string>> = {
  page: "#15181c",
  panel: "#1d2126",
  ink: "#e6e8eb",
  soft: "#a5aeb9",
  rule: "#30363d",
  grid: "#272c32",
  faint: "#79838e",
  blue: "#86b0f4",
  orange: "#efa35c",
  green: "#70c696",
  violet: "#b99eec",
  teal: "#5cc2cc",
  rose: "#ef8fb6",
  olive: "#c6bb58",
  brown: "#d3a588",
};

/** Colours of several lines in one chart, in order. */
export const lineColours: readonly Colour[] = ["orange", "violet", "green", "blue"];

/** Colours of groups, in order; later groups begin again. */
export const groupColours: readonly Colour[] = [
  "blue",
  "orange",
  "green",
  "violet",
  "rose",
  "teal",
  "olive",
  "brown",
];

/** CSS declarations of a theme: `--ink:#1c2127;…`; the heat of tables needs blue as numbers. */
export function variables(theme: Readonly<Record<Colour, string>>): string {
  const blue = [1, 3, 5].map((i) => Number.parseInt(theme.blue.slice(i, i + 2), 16)).join(" ");
  const colours = Object.entries(theme).map(([key, value]) => `--${key}:${value}`);
  return [...colours, `--blue-rgb:${blue}`].join(";");
}

/** WCAG contrast of two `#rrggbb` colours, 1 … 21. */
export function contrast(a: string, b: string): number {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

function luminance(colour: string): number {
  const [r, g, b] = [1, 3, 5].map((i) => {
    const c = Number.parseInt(colour.slice(i, i + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
