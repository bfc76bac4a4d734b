import { describe, expect, test } from "vitest";
import { linearAxis, nameAxis } from "./axis.ts";
import { drawPlot } from "./draw.ts";
import type { Plot } from "./plot.ts";
import { fitText, textWidth } from "./text-width.ts";
import { thinCurve } from "./thin.ts";

const plot = (id: string): Plot => ({
  id,
  label: 'a "label" & <more>',
  width: 300,
  height: 200,
  x: linearAxis([0, 1], { title: "x </text><script>" }),
  y: linearAxis([0, 1], { title: "y", grid: true }),
  marks: [
    {
      kind: "line",
      points: [
        [0, 0],
        [0.5, 0.9],
        [1, 1],
      ],
      colour: "blue",
      dash: [4, 4],
    },
    {
      kind: "band",
      low: [
        [0, 0],
        [1, 0.5],
      ],
      high: [
        [0, 0.2],
        [1, 0.8],
      ],
      colour: "blue",
    },
    { kind: "dots", points: [[0.5, 0.9]], colour: "orange" },
    { kind: "segments", from: [[0.2, 0.2]], to: [[0.2, 0.6]], colour: "ink" },
    { kind: "boxes", from: [[0, 0]], to: [[0.1, 0.1]], colour: "violet", opacities: [0.5] },
    { kind: "words", at: [0.5, 0.5], text: "<b>&", colour: "soft" },
  ],
});

describe("an SVG fit for one page with a strict policy", () => {
  const svg = drawPlot(plot("c-one"));

  test("has a role, an escaped label, and its size", () => {
    expect(svg).toMatch(
      /^<svg role="img" aria-label="a &quot;label&quot; &amp; &lt;more&gt;" viewBox="0 0 300 200" width="300" height="200">/,
    );
  });

  test("has no style, class, script, link or leftover of ECharts", () => {
    expect(svg).not.toMatch(/<style|<script|style=|class=|href=|xmlns|ecmeta|zr\d|font-family/);
  });

  test("escapes words that look like mark-up", () => {
    expect(svg).toContain("&lt;b&gt;&amp;");
    expect(svg).toContain("x &lt;/text&gt;&lt;script&gt;");
  });

  test("has every colour as a variable of the palette", () => {
    const colours = [...svg.matchAll(/(?:fill|stroke)="([^"]*)"/g)].map((match) => match[1]!);
    expect(colours.length).toBeGreaterThan(10);
    for (const colour of colours) expect(colour).toMatch(/^(none|var\(--\w+,#[0-9a-f]{6}\)|#000)$/);
    expect(svg.match(/#000"/g)?.length ?? 0).toBe(svg.match(/<clipPath/g)?.length ?? 0);
  });

  test("has ids of its own, and every reference leads to one", () => {
    const ids = [...svg.matchAll(/ id="([^"]*)"/g)].map((match) => match[1]);
    expect(ids).toEqual(["c-one-0"]);
    for (const [, id] of svg.matchAll(/url\(#([^)]*)\)/g)) expect(ids).toContain(id);
  });
});

test("equal plots give equal bytes, in any order and after others", () => {
  const first = drawPlot(plot("c-a"));
  drawPlot(plot("c-b"));
  expect(drawPlot(plot("c-a"))).toBe(first);
});

test("the left margin grows with the labels, and too long ones lose their middle", () => {
  const wide = (label: string): string =>
    drawPlot({ ...plot("c"), y: nameAxis([label]), marks: [], labelRoom: 120 });
  const start = (svg: string): number => Number(/<path d="M([\d.]+) /.exec(svg)?.[1]);
  expect(start(wide("a longer label"))).toBeGreaterThan(start(wide("short")) + 30);
  const long = wide("a very long column name from a warehouse (kWh)");
  expect(long).toMatch(/>a very[^<]*…[^<]*\(kWh\)</);
  expect(start(long)).toBeLessThanOrEqual(131);
});

test("text width: wide letters are wider, and fitText fits", () => {
  expect(textWidth("WWW", 12)).toBeGreaterThan(2 * textWidth("iii", 12));
  expect(textWidth("日本", 10)).toBeGreaterThanOrEqual(20);
  for (const text of ["abc", "a".repeat(500), "日本語".repeat(40)]) {
    expect(textWidth(fitText(text, 100, 12), 12)).toBeLessThanOrEqual(100);
  }
  expect(fitText("abc", 100, 12)).toBe("abc");
});

test("a thinned curve keeps its ends and stays within a fiftieth of the full one", () => {
  const n = 100_000;
  const x = Array.from({ length: n }, (_, i) => i / (n - 1));
  const y = x.map((v) => v ** 0.3);
  const thin = thinCurve(x, y, 120);
  expect(thin.length).toBeLessThanOrEqual(122);
  expect([thin[0], thin.at(-1)]).toEqual([
    [0, 0],
    [1, 1],
  ]);
  for (let i = 1; i < thin.length; i++) {
    const [a, b] = [thin[i - 1]!, thin[i]!];
    expect(Math.hypot(b[0] - a[0], b[1] - a[1])).toBeLessThan(0.06);
  }
});
