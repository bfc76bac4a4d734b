/**
 * One picture of the report: heading, drawing, key, and a sentence that says how to
 * read it for this data. A picture without its sentence does not type-check.
 */
import type { Plot } from "./charts/plot.ts";
import { type Html, html, raw } from "./html.ts";
import type { Colour } from "./palette.ts";
import { headingHtml, type Sentence, toHtml, toPlain } from "./text.ts";

export interface Figure {
  readonly id: string;
  readonly title: Sentence;
  /** The drawing, or a table where a table says it better. */
  readonly content: Plot | Html;
  /** How to read it, with this data's numbers. */
  readonly reading: Sentence;
  /** Names of the lines, where the drawing does not name them. */
  readonly key?: readonly { readonly colour: Colour; readonly dashed?: boolean; readonly text: Sentence }[];
  /** `half`: two in a line; `third`: three; `full`: the whole width. */
  readonly size: "half" | "third" | "full";
}

/** Draws a plot as SVG mark-up; given in, since the drawing module is loaded late. */
export type Draw = (plot: Plot) => string;

/** The plot's standard sizes, in pixels of the drawing. */
export const halfSize = { width: 440, height: 300 } as const;
export const squareSize = { width: 440, height: 380 } as const;
export const thirdSize = { width: 290, height: 210 } as const;

export function renderFigure(figure: Figure, draw: Draw): Html {
  const content = "markup" in figure.content ? figure.content : raw(draw(figure.content));
  const key =
    figure.key &&
    html`<ul class="key">${figure.key.map(
      (entry) =>
        html`<li><span class="swatch ${entry.dashed ? "dashed " : ""}${entry.colour}"></span>${toHtml(entry.text)}</li>`,
    )}</ul>`;
  return html`<figure class="${figure.size}" id="${figure.id}">
<h3>${headingHtml(figure.title)}</h3>
${key}${content}
<figcaption>${toHtml(figure.reading)}</figcaption>
</figure>
`;
}

/** The alternative text of a plot: its title and what its sentence says. */
export function plotLabel(title: Sentence, reading: Sentence): string {
  return `${toPlain(title)}. ${toPlain(reading)}`;
}

/** Figures side by side. */
export function figureGrid(figures: readonly (Figure | undefined)[], draw: Draw): Html | undefined {
  const given = figures.filter((figure) => figure !== undefined);
  if (given.length === 0) return undefined;
  return html`<div class="figures">
${given.map((figure) => renderFigure(figure, draw))}</div>
`;
}
