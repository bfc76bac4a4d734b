/**
 * Marks and axes as one ECharts option, in the report's look.
 *
 * The idea: a chart in the report is a short list of marks in data units (lines,
 * bands, dots, whiskers, bars, cells, words). Everything else is decided here once:
 * hairline grid, no ticks, no box, the title of the y axis written above it, and
 * margins computed from the labels. This file knows ECharts' option format but does
 * not import it; only `draw.ts` does.
 */
import { type Colour, light } from "../palette.ts";
import type { Axis } from "./axis.ts";
import { fitText, textWidth } from "./text-width.ts";

type Point = readonly [x: number, y: number];

export type Mark =
  | {
      readonly kind: "line";
      readonly points: readonly Point[];
      readonly colour: Colour;
      readonly dash?: readonly number[];
      readonly width?: number;
      readonly opacity?: number;
    }
  | {
      readonly kind: "band";
      readonly low: readonly Point[];
      readonly high: readonly Point[];
      readonly colour: Colour;
      readonly opacity?: number;
    }
  | {
      readonly kind: "dots";
      readonly points: readonly Point[];
      readonly colour: Colour;
      readonly sizes?: readonly number[];
      readonly hollow?: boolean;
    }
  /** Lines from one point to another. */
  | {
      readonly kind: "segments";
      readonly from: readonly Point[];
      readonly to: readonly Point[];
      readonly colour: Colour;
      readonly width?: number;
      readonly opacity?: number;
    }
  /** Filled rectangles between two corners, each with its opacity. */
  | {
      readonly kind: "boxes";
      readonly from: readonly Point[];
      readonly to: readonly Point[];
      readonly colour: Colour;
      readonly opacities?: readonly number[];
      readonly gap?: number;
    }
  | {
      readonly kind: "words";
      readonly at: Point;
      readonly text: string;
      readonly colour: Colour;
      readonly align?: "left" | "right" | "center";
      readonly dx?: number;
      readonly dy?: number;
      readonly bold?: boolean;
    };

/** A picture before it is drawn. */
export interface Plot {
  /** Unique on the page; a letter first. */
  readonly id: string;
  /** What it shows, for those who cannot see it. */
  readonly label: string;
  readonly width: number;
  readonly height: number;
  readonly x: Axis;
  readonly y: Axis;
  readonly marks: readonly Mark[];
  /** No axes at all: the marks speak for themselves. */
  readonly bare?: boolean;
  readonly fontSize?: number;
  /** Widest room for the labels of the y axis, in pixels. */
  readonly labelRoom?: number;
}

/** ECharts' option, as far as we use it. */
export type ChartOption = Readonly<Record<string, unknown>>;

interface RenderApi {
  value(dimension: number): number;
  coord(point: readonly number[]): [number, number];
}

/** The option of a plot. */
export function plotOption(plot: Plot): ChartOption {
  const fontSize = plot.fontSize ?? 12.5;
  const room = plot.labelRoom ?? 150;
  const yLabels = plot.y.ticks.map((tick) => fitText(tick.label, room, fontSize));
  const yWidth = Math.max(0, ...yLabels.map((label) => textWidth(label, fontSize)));
  const lastX = plot.x.ticks.at(-1);
  const overhang = lastX === undefined ? 0 : textWidth(lastX.label, fontSize) / 2 + 2;
  const grid = plot.bare
    ? { left: 0, right: 0, top: 0, bottom: 0 }
    : {
        left: Math.ceil(yWidth) + 10,
        right: Math.ceil(Math.max(8, overhang)),
        top: plot.y.title === "" ? 8 : 30,
        bottom: plot.x.title === "" ? 26 : 46,
      };
  return {
    animation: false,
    textStyle: { fontSize, color: light.soft },
    title: {
      show: !plot.bare && plot.y.title !== "",
      text: plot.y.title,
      left: 0,
      top: 0,
      padding: 0,
      textStyle: { fontSize, fontWeight: "normal", color: light.soft },
    },
    grid: { ...grid, containLabel: false },
    xAxis: {
      ...axisOption(
        plot.x,
        plot.x.ticks.map((tick) => tick.label),
        fontSize,
        plot.bare,
      ),
      axisLine: { show: !plot.bare, onZero: false, lineStyle: { color: light.faint, width: 1 } },
      name: plot.bare ? "" : plot.x.title,
      nameLocation: "middle",
      nameGap: 29,
      nameTextStyle: { color: light.soft, fontSize },
    },
    yAxis: { ...axisOption(plot.y, yLabels, fontSize, plot.bare), axisLine: { show: false } },
    series: plot.marks.map((mark, i) => ({
      ...seriesOf(mark, plot),
      silent: true,
      z: i + 2,
    })),
  };
}

function axisOption(axis: Axis, labels: readonly string[], fontSize: number, bare = false): ChartOption {
  const positions = axis.ticks.map((tick) => tick.at);
  return {
    type: "value",
    min: axis.min,
    max: axis.max,
    axisTick: { show: false, customValues: positions },
    splitLine: { show: axis.grid === true && !bare, lineStyle: { color: light.grid, width: 1 } },
    interval: positions.length > 1 ? positions[1]! - positions[0]! : axis.max - axis.min,
    axisLabel: {
      show: !bare,
      customValues: positions,
      formatter: (value: number) => labels[nearestIndex(positions, value)] ?? "",
      color: light.soft,
      fontSize,
      margin: 8,
      hideOverlap: true,
    },
  };
}

function nearestIndex(positions: readonly number[], value: number): number {
  let best = 0;
  positions.forEach((position, i) => {
    if (Math.abs(position - value) < Math.abs(positions[best]! - value)) best = i;
  });
  return best;
}

function seriesOf(mark: Mark, plot: Plot): ChartOption {
  const place = ([x, y]: Point): [number, number] => [plot.x.at(x), plot.y.at(y)];
  switch (mark.kind) {
    case "line":
      return {
        type: "line",
        data: mark.points.map(place),
        showSymbol: false,
        itemStyle: { color: light[mark.colour] },
        lineStyle: {
          color: light[mark.colour],
          width: mark.width ?? 2,
          opacity: mark.opacity ?? 1,
          type: mark.dash === undefined ? "solid" : [...mark.dash],
          join: "round",
        },
      };
    case "dots":
      return {
        type: "scatter",
        data: mark.points.map(place),
        clip: false,
        symbolSize: (_: unknown, item: { dataIndex: number }) => mark.sizes?.[item.dataIndex] ?? 8,
        itemStyle: {
          color: light[mark.hollow ? "page" : mark.colour],
          borderColor: light[mark.hollow ? mark.colour : "page"],
          borderWidth: 1.5,
          opacity: 1,
        },
      };
    case "band":
      return custom([[0, 0]], (_, api) => ({
        type: "polygon",
        shape: { points: [...mark.low, ...[...mark.high].reverse()].map((p) => api.coord(place(p))) },
        style: { fill: light[mark.colour], opacity: mark.opacity ?? 0.16 },
      }));
    case "segments":
      return custom(mark.from.map(place), (i, api) => {
        const [x1, y1] = api.coord(place(mark.from[i]!));
        const [x2, y2] = api.coord(place(mark.to[i]!));
        return {
          type: "line",
          shape: { x1, y1, x2, y2 },
          style: {
            fill: "none",
            stroke: light[mark.colour],
            lineWidth: mark.width ?? 1.5,
            opacity: mark.opacity ?? 1,
          },
        };
      });
    case "boxes":
      return custom(mark.from.map(place), (i, api) => {
        const [x1, y1] = api.coord(place(mark.from[i]!));
        const [x2, y2] = api.coord(place(mark.to[i]!));
        const gap = mark.gap ?? 0;
        return {
          type: "rect",
          shape: {
            x: Math.min(x1, x2) + gap / 2,
            y: Math.min(y1, y2) + gap / 2,
            width: Math.max(0.5, Math.abs(x2 - x1) - gap),
            height: Math.max(0.5, Math.abs(y2 - y1) - gap),
          },
          style: { fill: light[mark.colour], opacity: mark.opacities?.[i] ?? 1 },
        };
      });
    case "words":
      return custom([place(mark.at)], (_, api) => {
        const [x, y] = api.coord(place(mark.at));
        return {
          type: "text",
          style: {
            text: mark.text,
            x: x + (mark.dx ?? 0),
            y: y + (mark.dy ?? 0),
            fill: light[mark.colour],
            fontSize: plot.fontSize ?? 12.5,
            fontWeight: mark.bold ? "bold" : "normal",
            align: mark.align ?? "left",
            verticalAlign: "middle",
          },
        };
      });
  }
}

function custom(
  data: readonly (readonly number[])[],
  draw: (index: number, api: RenderApi) => ChartOption,
): ChartOption {
  return {
    type: "custom",
    data,
    clip: false,
    renderItem: (params: { dataIndex: number }, api: RenderApi) => draw(params.dataIndex, api),
  };
}
