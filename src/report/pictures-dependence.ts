/**
 * How the answer moves with each column (partial dependence), as small pictures that
 * share one scale: a line over numbers and dates, dots over categories.
 *
 * Source: Friedman 2001, Annals of Statistics 29(5), section 8.2.
 */
import { type Axis, dateAxis, extent, linearAxis, nameAxis, percentTick, tickLabel } from "./charts/axis.ts";
import type { Mark } from "./charts/plot.ts";
import { inUnit, noun, titleWithUnit } from "./facts.ts";
import { type Figure, plotLabel, thirdSize } from "./figure.ts";
import { number, percent } from "./format.ts";
import type { PartialDependence, ReportData } from "./report-data.ts";
import { join, name, type Sentence, say, visible } from "./text.ts";

/** Columns whose dependence is drawn, and categories in each. */
const dependenceShown = 9;
const categoriesShown = 10;

export function dependenceFigures(data: ReportData): Figure[] {
  const drawn = (data.partialDependence ?? [])
    .filter((item) => item.points.length > 0)
    .slice(0, dependenceShown)
    .map((item) => ({ ...item, points: item.kind === "category" ? mostFrequent(item) : item.points }));
  // one scale for all, so that a flat line is a flat line
  const span = extent(drawn.flatMap((item) => item.points.map((p) => p.y)));
  return drawn.map((item, i) => dependenceFigure(data, item, span, i));
}

function mostFrequent(item: PartialDependence): PartialDependence["points"] {
  const kept = [...item.points].sort((a, b) => (b.share ?? 0) - (a.share ?? 0)).slice(0, categoriesShown);
  return kept.sort((a, b) => b.y - a.y);
}

function dependenceFigure(
  data: ReportData,
  item: PartialDependence,
  span: { low: number; high: number },
  index: number,
): Figure {
  const title = say`${name(item.column)}`;
  const reading = dependenceReading(data, item, span);
  const isShare = data.task !== "regression";
  const what = isShare
    ? `mean probability of ${visible(item.label ?? "", 24)}`
    : titleWithUnit("mean prediction", data.target.unit);
  const answer = (grid: boolean, title: string): Axis =>
    linearAxis([span.low, span.high], { title, ticks: 4, grid, label: isShare ? percentTick : tickLabel });
  const id = `dependence-${index + 1}`;
  const label = plotLabel(say`Dependence on ${title}`, reading);
  if (item.kind === "category") {
    const labels = item.points.map((p) => visible(String(p.x), 60));
    const x = answer(true, what);
    return {
      id,
      title,
      reading,
      size: "third",
      content: {
        id: `c-${id}`,
        label,
        width: thirdSize.width,
        height: Math.max(thirdSize.height, 60 + 20 * labels.length),
        fontSize: 11.5,
        labelRoom: 100,
        x,
        y: nameAxis(labels),
        marks: [
          {
            kind: "segments",
            from: item.points.map((_, i) => [x.min, i]),
            to: item.points.map((p, i) => [p.y, i]),
            colour: "grid",
            width: 1,
          },
          {
            kind: "dots",
            points: item.points.map((p, i) => [p.y, i]),
            colour: "blue",
            sizes: item.points.map(() => 9),
          },
        ],
      },
    };
  }
  const points = item.points.map((p) => [Number(p.x), p.y] as const);
  const xs = points.map(([x]) => x);
  const dates = item.kind === "datetime";
  const y = answer(true, what);
  return {
    id,
    title,
    reading,
    size: "third",
    content: {
      id: `c-${id}`,
      label,
      ...thirdSize,
      fontSize: 11.5,
      x: dates ? dateAxis(xs) : linearAxis(xs, { title: "", ticks: 4, round: false }),
      y,
      marks: [...shareStrip(item, xs, y), { kind: "line", points, colour: "blue", width: 2.5 }],
    },
  };
}

/** A strip along the bottom, darker where more rows are. */
function shareStrip(item: PartialDependence, xs: readonly number[], y: Axis): Mark[] {
  const most = Math.max(...item.points.map((p) => p.share ?? 0));
  if (!(most > 0) || xs.length < 2) return [];
  const edge = (i: number): number =>
    i <= 0 ? xs[0]! : i >= xs.length ? xs.at(-1)! : (xs[i - 1]! + xs[i]!) / 2;
  const height = (y.max - y.min) * 0.035;
  return [
    {
      kind: "boxes",
      from: xs.map((_, i) => [edge(i), y.min]),
      to: xs.map((_, i) => [edge(i + 1), y.min + height]),
      colour: "faint",
      opacities: item.points.map((p) => Number((0.08 + 0.82 * ((p.share ?? 0) / most)).toFixed(2))),
    },
  ];
}

function day(value: number): string {
  return Math.abs(value) < 8.64e15 ? new Date(value).toISOString().slice(0, 10) : number(value);
}

function dependenceReading(
  data: ReportData,
  item: PartialDependence,
  span: { low: number; high: number },
): Sentence {
  const answer = (value: number): string =>
    data.task === "regression" ? inUnit(data, value) : percent(value);
  const low = item.points.reduce((a, b) => (b.y < a.y ? b : a));
  const high = item.points.reduce((a, b) => (b.y > a.y ? b : a));
  const first = item.points[0]!;
  const last = item.points.at(-1)!;
  const at = (x: number | string): Sentence => {
    if (item.kind === "category") return say`${name(String(x))}`;
    return say`${item.kind === "datetime" ? day(Number(x)) : number(Number(x))}`;
  };
  const what =
    data.task === "regression"
      ? say`The mean prediction`
      : say`The mean probability of ${name(item.label ?? "")}`;
  if (high.y - low.y < 0.05 * (span.high - span.low)) {
    return say`${what} hardly moves: it stays between ${answer(low.y)} and ${answer(high.y)}.`;
  }
  if (item.kind === "category") {
    return say`${what} is highest for ${at(high.x)} (${answer(high.y)}) and lowest for ${at(low.x)} (${answer(low.y)}).`;
  }
  const ends = [low, high].every((p) => p === first || p === last);
  if (ends) {
    const moves = last.y > first.y ? "rises" : "falls";
    return say`${what} ${moves} from ${answer(first.y)} at ${at(first.x)} to ${answer(last.y)} at ${at(last.x)}.`;
  }
  return say`${what} is highest near ${at(high.x)} (${answer(high.y)}) and lowest near ${at(low.x)} (${answer(low.y)}).`;
}

/** Remark above the dependence pictures. */
export function dependenceNote(data: ReportData): Sentence {
  const spread = (data.partialDependence ?? []).slice(0, dependenceShown);
  const strips = spread.some(
    (item) => item.kind !== "category" && item.points.some((p) => p.share !== undefined),
  );
  return join([
    say`Each picture changes one column and leaves the others as they are. All share one scale, so steep means strong.`,
    strips
      ? say`The grey strip is darker where more ${noun(data).many} are: trust the line there.`
      : undefined,
    say`They show what the model does, not what causes what.`,
  ]);
}
