/**
 * A report's page: one file, no network, no script; aggregates only, but where the rows are pictures or series.
 *
 * A content policy in the file itself allows nothing but its own style sheet, named by hash, and pictures inside the file.
 */
import { sha256 } from "../core/index.ts";
import type { Plot } from "./charts/plot.ts";
import type { Draw } from "./figure.ts";
import { type Html, html, raw } from "./html.ts";
import { style } from "./style.ts";

export interface Section {
  readonly id: string;
  readonly title: string;
  readonly body: Html;
}

export interface Page {
  readonly title: string;
  readonly top: Html;
  readonly sections: readonly Section[];
  /** What one row is called. */
  readonly one: string;
  /** Whether it shows pictures of the user's. Default false. */
  readonly pictures?: boolean;
  /** Whether it shows stretches of the user's series. Default false. */
  readonly stretches?: boolean;
}

/** Draws plots, each id once. The first call imports the drawing module (25 ms bundled, 250 ms from source). */
export async function drawing(): Promise<Draw> {
  const { drawPlot } = await import("./charts/draw.ts");
  const ids = new Set<string>();
  return (plot: Plot) => {
    if (ids.has(plot.id)) throw new Error(`Millwright defect: two pictures are called ${plot.id}.`);
    ids.add(plot.id);
    return drawPlot(plot);
  };
}

/** The whole HTML document. */
export function page({ title, top, sections, one, pictures = false, stretches = false }: Page): string {
  const hash = Buffer.from(sha256(style), "hex").toString("base64");
  const policy = `default-src 'none'; style-src 'sha256-${hash}';${pictures ? " img-src data:;" : ""} base-uri 'none'; form-action 'none'`;
  const shown = pictures
    ? `a few of the ${one}s themselves, small`
    : stretches
      ? "stretches of the series themselves"
      : undefined;
  const theme = (id: string, text: string): Html =>
    html`<label><input type="radio" name="theme" id="theme-${id}"${id === "auto" && html` checked`}> ${text}</label>`;
  const whole = html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="generator" content="Millwright">
<title>${title}</title>
<style>${raw(style)}</style>
</head>
<body>
<a class="skip" href="#top">Skip to the report</a>
<div class="page">
<nav aria-label="Sections"><div>
<ol>${sections.map((section) => html`<li><a href="#${section.id}">${section.title}</a></li>`)}</ol>
<fieldset><legend>Colours</legend>${theme("auto", "Auto")}${theme("light", "Light")}${theme("dark", "Dark")}</fieldset>
</div></nav>
<main id="top">
${top}
${sections.map(
  (section) => html`<section id="${section.id}" aria-labelledby="${section.id}-title">
<h2 id="${section.id}-title">${section.title}</h2>
${section.body}</section>
`,
)}
<footer>Made by Millwright. ${shown === undefined ? `It holds aggregates only, no single ${one}, and` : `It holds ${shown}: give it to those who may see them. It`} opens without a network.</footer>
</main>
</div>
</body>
</html>
`;
  return whole.markup;
}
