/**
 * Pictures of a regression: predicted against actual (binned, never a point a row),
 * how large the errors are, and whether they grow with the prediction.
 */
import { type Axis, extent, linearAxis, tickLabel } from "./charts/axis.ts";
import type { Mark } from "./charts/plot.ts";
import { inUnit, noun, titleWithUnit, withUnit } from "./facts.ts";
import { type Figure, plotLabel, squareSize } from "./figure.ts";
import { amount, count, decimalsFor, fixed, percent, percentCell } from "./format.ts";
import { html } from "./html.ts";
import type { RegressionErrors, ReportData } from "./report-data.ts";
import { join, say } from "./text.ts";

/** Most cells drawn along each side; finer grids are merged. */
const cellLimit = 48;

export function predictedActualFigure(data: ReportData): Figure | undefined {
  const heat = data.errors?.heat;
  if (data.errors === undefined || heat === undefined || heat.counts.length === 0) return undefined;
  const { xEdges, yEdges, counts } = coarsen(heat);
  const width = xEdges.length - 1;
  const most = Math.max(...counts);
  const cells = counts.flatMap((value, i) =>
    value > 0 ? [{ value, i: i % width, j: Math.floor(i / width) }] : [],
  );
  const span = extent([...xEdges, ...yEdges]);
  const title = say`Predicted against actual`;
  const { median } = data.errors.model;
  const reading = say`Each square counts test ${noun(data).many}, darker for more (up to ${count(most)}); on the dashed line the prediction is exact. Half of the ${noun(data).many} lie within ${inUnit(data, median)} of it${
    Math.abs(data.errors.bias) > 0.1 * data.errors.model.mean
      ? say`; the model predicts ${inUnit(data, Math.abs(data.errors.bias))} too ${data.errors.bias > 0 ? "low" : "high"} on average`
      : say`, and on average it is neither too high nor too low (${inUnit(data, data.errors.bias)})`
  }.`;
  const axis = (text: string): ReturnType<typeof linearAxis> =>
    linearAxis([span.low, span.high], {
      title: titleWithUnit(text, data.target.unit),
      round: false,
      grid: true,
    });
  return {
    id: "predicted-actual",
    title,
    reading,
    size: "half",
    content: {
      id: "c-predicted-actual",
      label: plotLabel(title, reading),
      ...squareSize,
      x: axis("predicted"),
      y: axis("actual"),
      marks: [
        {
          kind: "boxes",
          from: cells.map(({ i, j }) => [xEdges[i]!, yEdges[j]!]),
          to: cells.map(({ i, j }) => [xEdges[i + 1]!, yEdges[j + 1]!]),
          opacities: cells.map(({ value }) => Number((0.12 + 0.88 * Math.sqrt(value / most)).toFixed(2))),
          colour: "blue",
        },
        {
          kind: "line",
          points: [
            [span.low, span.low],
            [span.high, span.high],
          ],
          colour: "orange",
          dash: [4, 4],
          width: 1.2,
        },
      ],
    },
  };
}

type Heat = NonNullable<RegressionErrors["heat"]>;

/** Merges neighbouring cells until the grid is drawable. */
function coarsen(heat: Heat): Heat {
  const width = heat.xEdges.length - 1;
  const height = heat.yEdges.length - 1;
  const factor = Math.ceil(Math.max(width, height) / cellLimit);
  if (factor <= 1) return heat;
  const keep = (edges: readonly number[]): number[] =>
    edges.filter((_, i) => i % factor === 0 || i === edges.length - 1);
  const newWidth = Math.ceil(width / factor);
  const counts = new Array<number>(newWidth * Math.ceil(height / factor)).fill(0);
  heat.counts.forEach((value, i) => {
    const cell = Math.floor(Math.floor(i / width) / factor) * newWidth + Math.floor((i % width) / factor);
    counts[cell] = counts[cell]! + value;
  });
  return { xEdges: keep(heat.xEdges), yEdges: keep(heat.yEdges), counts };
}

export function residualFigure(data: ReportData): Figure | undefined {
  const histogram = data.errors?.histogram;
  if (histogram === undefined || histogram.counts.length === 0) return undefined;
  const { edges, counts, quartiles } = histogram;
  const inside = counts.reduce((sum, value) => sum + value, 0);
  const outside = (histogram.below ?? 0) + (histogram.above ?? 0);
  const title = say`How the errors spread`;
  const middle = `${amount(quartiles[0])} and ${amount(quartiles[2])}`;
  const reading = join([
    say`Half of the errors (actual − predicted) lie between ${middle}${data.target.unit === undefined ? "" : withUnit("", data.target.unit)}, the darker bars; right of zero the model was too low.`,
    outside > 0
      ? say`${count(outside)} of ${count(inside + outside)} (${percent(outside / (inside + outside))}) lie outside the picture.`
      : undefined,
  ]);
  const y = linearAxis([0, ...counts], { title: `test ${noun(data).many}`, grid: true });
  const within = (i: number): boolean => {
    const centre = (edges[i]! + edges[i + 1]!) / 2;
    return centre >= quartiles[0] && centre <= quartiles[2];
  };
  return {
    id: "residuals",
    title,
    reading,
    size: "half",
    content: {
      id: "c-residuals",
      label: plotLabel(title, reading),
      ...squareSize,
      x: linearAxis(edges, { title: titleWithUnit("actual − predicted", data.target.unit), round: false }),
      y,
      marks: [
        {
          kind: "boxes",
          from: counts.map((_, i) => [edges[i]!, 0]),
          to: counts.map((value, i) => [edges[i + 1]!, value]),
          colour: "blue",
          opacities: counts.map((_, i) => (within(i) ? 0.9 : 0.4)),
          gap: 1,
        },
        {
          kind: "line",
          points: [
            [0, 0],
            [0, y.max],
          ],
          colour: "orange",
          dash: [4, 4],
          width: 1.2,
        },
      ],
    },
  };
}

export function residualByPredictionFigure(data: ReportData): Figure | undefined {
  const bins = data.errors?.byPrediction ?? [];
  const first = bins[0];
  const last = bins.at(-1);
  if (first === undefined || last === undefined || bins.length < 2) return undefined;
  const title = say`Errors by prediction`;
  const spread = (bin: typeof first): number => bin.p90 - bin.p10;
  const growth = spread(first) > 0 ? spread(last) / spread(first) : Number.NaN;
  const verdict =
    growth > 1.5
      ? "the errors grow with the prediction"
      : growth < 1 / 1.5
        ? "the errors shrink as the prediction grows"
        : "the errors are about as wide everywhere";
  const between = (bin: typeof first): string => `${amount(bin.p10)} to ${amount(bin.p90)}`;
  const reading = say`Among the lowest predictions (up to ${inUnit(data, first.high)}) 80% of the errors lie from ${between(first)}, among the highest (from ${inUnit(data, last.low)}) from ${between(last)}: ${verdict}. Thick lines hold half of the errors, dots are the middle.`;
  const at = bins.map((_, i) => i + 0.5);
  const marks: Mark[] = [
    {
      kind: "line",
      points: [
        [0, 0],
        [bins.length, 0],
      ],
      colour: "faint",
      dash: [4, 4],
      width: 1,
    },
    {
      kind: "segments",
      from: bins.map((bin, i) => [at[i]!, bin.p10]),
      to: bins.map((bin, i) => [at[i]!, bin.p90]),
      colour: "blue",
      width: 1.5,
    },
    {
      kind: "segments",
      from: bins.map((bin, i) => [at[i]!, bin.p25]),
      to: bins.map((bin, i) => [at[i]!, bin.p75]),
      colour: "blue",
      width: 6,
      opacity: 0.45,
    },
    {
      kind: "dots",
      points: bins.map((bin, i) => [at[i]!, bin.median]),
      colour: "blue",
      sizes: bins.map(() => 8),
    },
  ];
  return {
    id: "residuals-by-prediction",
    title,
    reading,
    size: "half",
    content: {
      id: "c-residuals-by-prediction",
      label: plotLabel(title, reading),
      ...squareSize,
      x: binAxis(bins, titleWithUnit("predicted, in steps of equally many rows", data.target.unit)),
      y: linearAxis(
        bins.flatMap((bin) => [bin.p10, bin.p90, 0]),
        {
          title: titleWithUnit("actual − predicted", data.target.unit),
          grid: true,
        },
      ),
      marks,
    },
  };
}

/** One step a bin, the borders written at every other one. */
function binAxis(bins: readonly { readonly low: number; readonly high: number }[], title: string): Axis {
  const borders = [...bins.map((bin) => bin.low), bins.at(-1)!.high];
  const every = bins.length > 5 ? 2 : 1;
  const decimals = decimalsFor(borders.slice(1, -1), 2);
  const ticks = borders.flatMap((border, at) =>
    at % every === 0 ? [{ at, label: tickLabel(rounded(border), decimals) }] : [],
  );
  return { title, min: 0, max: bins.length, ticks, at: (value) => value };
}

function rounded(value: number): number {
  return Number(value.toPrecision(2));
}

/** The errors as numbers, beside those of the constant answer. */
export function errorTable(data: ReportData): Figure | undefined {
  const errors = data.errors;
  if (errors === undefined) return undefined;
  const { model, baseline } = errors;
  const lines = [
    ["Mean", model.mean, baseline.mean],
    ["Half are below", model.median, baseline.median],
    ["Nine in ten are below", model.p90, baseline.p90],
  ] as const;
  const decimals = decimalsFor([model.median]);
  const saved = (a: number, b: number): string => (b > 0 ? percentCell(1 - a / b) : "–");
  return {
    id: "errors",
    title: say`Errors in numbers`,
    reading: say`One prediction in ten is off by more than ${inUnit(data, model.p90)}; ${data.naive === undefined ? "always giving the same answer" : "of the naive forecast"}, one in ten is off by more than ${inUnit(data, baseline.p90)}.`,
    size: "half",
    content: html`<div class="scroll" role="region" tabindex="0" aria-label="Errors"><table>
<thead><tr><th scope="col">${titleWithUnit("Absolute error", data.target.unit)}</th><th scope="col" class="n">Model</th><th scope="col" class="n">${data.naive === undefined ? "Same answer" : "Naive forecast"}</th><th scope="col" class="n">Smaller by</th></tr></thead>
<tbody>${lines.map(([text, a, b]) => html`<tr><th scope="row">${text}</th><td class="n">${fixed(a, decimals)}</td><td class="n">${fixed(b, decimals)}</td><td class="n">${saved(a, b)}</td></tr>`)}</tbody></table></div>
`,
  };
}
