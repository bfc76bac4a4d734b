import { expect, test } from "vitest";
import { type Colour, contrast, dark, groupColours, light } from "./palette.ts";

const themes = { light, dark };
const text: Colour[] = ["ink", "soft", ...groupColours];

for (const [theme, colours] of Object.entries(themes)) {
  test.each(text)(`${theme}: %s as text has a contrast of 4.5 on page and panel`, (colour) => {
    expect(contrast(colours[colour], colours.page)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(colours[colour], colours.panel)).toBeGreaterThanOrEqual(4.5);
  });
  test(`${theme}: the faintest mark has a contrast of 3`, () => {
    expect(contrast(colours.faint, colours.page)).toBeGreaterThanOrEqual(3);
  });
}

test("contrast is 21 for black on white and 1 for a colour on itself", () => {
  expect(contrast("#000000", "#ffffff")).toBeCloseTo(21, 10);
  expect(contrast("#2457a6", "#2457a6")).toBe(1);
});
