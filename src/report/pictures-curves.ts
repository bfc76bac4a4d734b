/**
 * How a classifier's scores rank the rows: the ROC curve and the curve of precision
 * and recall, one class against the others.
 */
import { linearAxis, percentTick } from "./charts/axis.ts";
import type { Mark, Plot } from "./charts/plot.ts";
import { thinCurve } from "./charts/thin.ts";
import { interpolate, noun, ratesAt, rowsWithLabel } from "./facts.ts";
import { type Figure, plotLabel, squareSize } from "./figure.ts";
import { count, estimate, fixed, number, percent } from "./format.ts";
import { type Colour, lineColours } from "./palette.ts";
import type { Curve, PrecisionRecallCurve, ReportData } from "./report-data.ts";
import { join, name, type Sentence, say } from "./text.ts";

/** An axis from 0 to 100%. */
export const shareAxis = (title: string): Plot["x"] =>
  linearAxis([0, 1], { title, ticks: 4, label: percentTick, grid: true });

export function rocFigure(data: ReportData): Figure | undefined {
  const curves = data.roc ?? [];
  const first = curves[0];
  if (first === undefined) return undefined;
  const title = say`Found against falsely alarmed (ROC)`;
  const marks: Mark[] = [
    {
      kind: "line",
      points: [
        [0, 0],
        [1, 1],
      ],
      colour: "faint",
      dash: [4, 4],
      width: 1,
    },
  ];
  const lines = curveLines(curves);
  marks.push(...lines.marks);
  let reading: Sentence;
  if (curves.length === 1) {
    const pairs = say`A random ${name(first.label)} ${noun(data).one} gets a higher score than a random other one in ${percent(first.area.value)} of pairs (area ${estimate(first.area)}); the dashed line is guessing.`;
    const rates = data.operating && ratesAt(data.operating.at);
    if (data.operating && rates?.recall !== undefined && rates.falseAlarmRate !== undefined) {
      const at = [rates.falseAlarmRate, rates.recall] as const;
      const right = at[0] > 0.62;
      marks.push(
        { kind: "dots", points: [at], colour: "orange", sizes: [11] },
        {
          kind: "words",
          at,
          text: `threshold ${number(data.operating.at.threshold)}`,
          colour: "orange",
          align: right ? "right" : "left",
          dx: right ? -2 : 10,
          dy: 14,
        },
      );
      reading = join([
        say`At its threshold (the dot) the model finds ${percent(rates.recall)} of ${name(first.label)} and wrongly alarms on ${percent(rates.falseAlarmRate)} of the others.`,
        pairs,
      ]);
    } else reading = pairs;
  } else {
    reading = say`Each line singles out one of ${count(curves.length)} classes; the nearer to the top left, the better. Hardest to tell apart is ${name(lines.ranked[0]!.label)} (area ${estimate(lines.ranked[0]!.area)}), easiest ${name(lines.ranked.at(-1)!.label)} (${estimate(lines.ranked.at(-1)!.area)}); the dashed line is guessing.`;
  }
  return {
    id: "roc",
    title,
    reading,
    size: "half",
    ...lines.key,
    content: {
      id: "c-roc",
      label: plotLabel(title, reading),
      ...squareSize,
      x: shareAxis("falsely alarmed, of the others"),
      y: shareAxis("found"),
      marks,
    },
  };
}

export function precisionRecallFigure(data: ReportData): Figure | undefined {
  const curves = data.precisionRecall ?? [];
  const first = curves[0];
  if (first === undefined) return undefined;
  const title = say`Right against found (precision and recall)`;
  const lines = curveLines(curves);
  const marks: Mark[] = [...lines.marks];
  let reading: Sentence;
  if (curves.length === 1) {
    const at = interpolate(...ascending(first), 0.5);
    marks.unshift({
      kind: "line",
      points: [
        [0, first.prevalence],
        [1, first.prevalence],
      ],
      colour: "faint",
      dash: [4, 4],
      width: 1,
    });
    reading = say`Taking the highest scores until half of all ${rowsWithLabel(data, first.label)} are found, ${percent(at)} of those taken are right; taking them blindly, ${percent(first.prevalence)} are (dashed). Average precision is ${estimate(first.area)}.`;
    const rates = data.operating && ratesAt(data.operating.at);
    if (rates?.recall !== undefined && rates.precision !== undefined) {
      marks.push({ kind: "dots", points: [[rates.recall, rates.precision]], colour: "orange", sizes: [11] });
    }
  } else {
    const worst = lines.ranked[0]! as PrecisionRecallCurve;
    const at = interpolate(...ascending(worst), 0.5);
    reading = say`Weakest is ${name(worst.label)}: when half of its ${noun(data).many} are found, ${percent(at)} of those taken for it are right, where taking them blindly gives ${percent(worst.prevalence)}.`;
  }
  return {
    id: "precision-recall",
    title,
    reading,
    size: "half",
    ...lines.key,
    content: {
      id: "c-pr",
      label: plotLabel(title, reading),
      ...squareSize,
      x: shareAxis("found (recall)"),
      y: shareAxis("right, of those taken (precision)"),
      marks,
    },
  };
}

function ascending(curve: Curve): [number[], number[]] {
  const order = curve.x.map((_, i) => i).sort((a, b) => curve.x[a]! - curve.x[b]! || a - b);
  return [order.map((i) => curve.x[i]!), order.map((i) => curve.y[i]!)];
}

/** Up to four curves in colours; of more, the three worst, and the others in grey. */
function curveLines(curves: readonly Curve[]): { marks: Mark[]; ranked: Curve[]; key: Pick<Figure, "key"> } {
  const ranked = [...curves].sort((a, b) => a.area.value - b.area.value);
  const points = (curve: Curve): (readonly [number, number])[] =>
    thinCurve(curve.x, curve.y, curves.length > 8 ? 60 : 160);
  if (ranked.length === 1) {
    return {
      marks: [{ kind: "line", points: points(ranked[0]!), colour: "blue", width: 2.5 }],
      ranked,
      key: {},
    };
  }
  const coloured = ranked.slice(0, ranked.length <= 4 ? 4 : 3);
  const grey = ranked.slice(coloured.length);
  const entry = (curve: Curve, i: number): { colour: Colour; text: Sentence } => ({
    colour: lineColours[i]!,
    text: say`${name(curve.label)} ${fixed(curve.area.value, 3)}`,
  });
  return {
    marks: [
      ...grey.map((curve): Mark => {
        return {
          kind: "line",
          points: points(curve),
          colour: "faint",
          width: 0.9,
          opacity: grey.length > 8 ? 0.45 : 1,
        };
      }),
      ...coloured
        .map((curve, i): Mark => ({ kind: "line", points: points(curve), colour: lineColours[i]! }))
        .reverse(),
    ],
    ranked,
    key: {
      key: [
        ...coloured.map(entry),
        ...(grey.length === 0
          ? []
          : [{ colour: "faint" as const, text: say`${count(grey.length)} other classes` }]),
      ],
    },
  };
}
