/**
 * Draws a plot as an SVG string, without a browser.
 *
 * The only file that imports ECharts; the build bundles it with the parts used, so
 * that the package does not depend on ECharts. Importing costs 25 ms
 * bundled and 250 ms from source: do it late. What ECharts writes is then made fit for one page with a strict content
 * policy: `style` and `class` attributes become plain attributes, colours become CSS
 * variables, coordinates are rounded, and the ids, which count up per process, are
 * numbered within the chart, so that equal plots give equal bytes.
 */
import { CustomChart, LineChart, ScatterChart } from "echarts/charts";
import { GridComponent, TitleComponent } from "echarts/components";
import { init, setPlatformAPI, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { escapeHtml } from "../html.ts";
import { light } from "../palette.ts";
import { type Plot, plotOption } from "./plot.ts";
import { textWidth } from "./text-width.ts";

use([LineChart, ScatterChart, CustomChart, GridComponent, TitleComponent, SVGRenderer]);
setPlatformAPI({
  measureText: (text: string, font?: string) => ({
    width: textWidth(text, Number(/([\d.]+)px/.exec(font ?? "")?.[1] ?? 12)),
  }),
});

const variableOf = new Map(Object.entries(light).map(([name, colour]) => [colour as string, name]));

/**
 * The SVG of a plot, to be put into HTML as it stands.
 *
 * @returns One `<svg role="img">` element; its ids begin with the plot's id.
 */
export function drawPlot(plot: Plot): string {
  const chart = init(null, null, { renderer: "svg", ssr: true, width: plot.width, height: plot.height });
  try {
    chart.setOption(plotOption(plot));
    return cleanSvg(chart.renderToSVGString({ useViewBox: true }), plot);
  } finally {
    chart.dispose();
  }
}

function cleanSvg(svg: string, plot: Plot): string {
  const ids = new Map<string, string>();
  const own = (id: string): string => {
    if (!ids.has(id)) ids.set(id, `${plot.id}-${ids.size}`);
    return ids.get(id)!;
  };
  const body = svg
    .replace(/^[\s\S]*?<svg[^>]*>/, "")
    .replace(/<\/svg>\s*$/, "")
    .replace(/<style[\s\S]*?<\/style>/g, "")
    // the invisible backgrounds of the chart and of its title
    .replace(/<rect [^>]*fill="none"[^>]*><\/rect>/, "")
    .replace(/<path [^>]*fill-opacity="0" [^>]*><\/path>/g, "")
    .replace(/<[a-zA-Z][^>]*>/g, (tag) => cleanTag(tag, own))
    .replace(/>\s*\n\s*</g, "><")
    .trim();
  const size = `viewBox="0 0 ${plot.width} ${plot.height}" width="${plot.width}" height="${plot.height}"`;
  return `<svg role="img" aria-label="${escapeHtml(plot.label)}" ${size}>${body}</svg>`;
}

/** Rewrites one start tag; text between tags is never touched, and zrender escapes `<` and `>` in attributes. */
function cleanTag(tag: string, own: (id: string) => string): string {
  return tag
    .replace(/ (?:class|pointer-events|xml:space|ecmeta_\w+)="[^"]*"/g, "")
    .replace(/ style="([^"]*)"/, (_, style: string) => styleAttributes(style))
    .replace(/ id="([^"]*)"/, (_, id: string) => ` id="${own(id)}"`)
    .replace(/url\(#([^)]*)\)/g, (_, id: string) => `url(#${own(id)})`)
    .replace(/ (fill|stroke)="(#[0-9a-f]{6})"/g, (_, attribute: string, colour: string) => {
      const variable = variableOf.get(colour);
      return ` ${attribute}="${variable === undefined ? colour : `var(--${variable},${colour})`}"`;
    })
    .replace(/ (d|transform|points|x|y)="([^"]*)"/g, (_, attribute: string, numbers: string) => {
      const rounded = numbers.replace(/-?\d+\.\d{2,}/g, (digits) =>
        String(Number(Number(digits).toFixed(2))),
      );
      return ` ${attribute}="${rounded}"`;
    })
    .replace(/ >$/, ">");
}

/** Inline style as attributes; the font family is the page's. */
function styleAttributes(style: string): string {
  return style
    .split(";")
    .map((declaration) => declaration.split(":").map((side) => side.trim()))
    .filter(([property, value]) => property !== "" && property !== "font-family" && value !== undefined)
    .map(
      ([property, value]) => ` ${property}="${property === "font-size" ? value!.replace("px", "") : value}"`,
    )
    .join("");
}
