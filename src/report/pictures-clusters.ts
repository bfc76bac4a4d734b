/** Pictures of a clustering: the map, the sizes, the number of clusters, and the tables without structure. */
import { linearAxis, nameAxis } from "./charts/axis.ts";
import type { Mark } from "./charts/plot.ts";
import type { ClusterReportData } from "./cluster-report-data.ts";
import { type Figure, halfSize, plotLabel, squareSize } from "./figure.ts";
import { count, fixed, percent } from "./format.ts";
import { type Colour, groupColours } from "./palette.ts";
import { say } from "./text.ts";

/** Bars of the sizes before the rest is only counted. */
const barsShown = 12;

/** The colour of a cluster by its index; noise is grey. */
export function clusterColour(index: number): Colour {
  return index < 0 ? "faint" : groupColours[index % groupColours.length]!;
}

export function mapFigure(data: ClusterReportData): Figure | undefined {
  const { map, noiseRows, neighborMap } = data;
  if (map.cells.length === 0) return undefined;
  const most = mostRows(map);
  const title = say`Where the rows lie`;
  const [first, second] = map.shares;
  const noise =
    noiseRows === undefined || noiseRows === 0 ? "" : " Grey squares hold mostly rows of no cluster.";
  const kept = first + second;
  const reading = say`Each square counts rows, darker for more (up to ${count(most)}), in the colour of the cluster that most of them belong to; the numbers stand in the middle of each cluster. The plane shows the first two principal components, ${percent(kept)} of the variance${kept < 0.5 ? ": what overlaps here may lie apart in the rest" : ""}.${noise}`;
  const beside = neighborMap !== undefined;
  return {
    id: "map",
    title,
    reading,
    size: beside ? "half" : "full",
    content: {
      id: "c-map",
      label: plotLabel(title, reading),
      ...(beside ? squareSize : { width: 760, height: 520, fontSize: 14 }),
      x: linearAxis(map.xEdges, {
        title: `first component, ${percent(first)} of the variance`,
        round: false,
      }),
      y: linearAxis(map.yEdges, { title: `second component, ${percent(second)}`, round: false }),
      marks: squareMarks(map, data),
    },
  };
}

/** The map of neighbours: no axes, since they mean nothing. */
export function neighborMapFigure(data: ClusterReportData): Figure | undefined {
  const { neighborMap: map, noiseRows } = data;
  if (map === undefined) return undefined;
  const title = say`Which rows are alike`;
  const noise = noiseRows === undefined || noiseRows === 0 ? "" : " Grey is no cluster.";
  const of = map.rows < data.data.rows ? ` Drawn are ${count(map.rows)} rows, taken at random.` : "";
  const reading = say`Rows that are alike in all columns lie side by side (UMAP). Of the ${count(map.neighbors)} rows next to a row here, ${percent(map.kept)} are among its nearest of the rows drawn; on the plane of the components ${percent(map.keptOnPlane)}. Read who is next to whom: how far groups lie apart, how large they are drawn, and where, mean little. Each square counts rows (up to ${count(mostRows(map))}).${of}${noise}`;
  const bare = { title: "", round: false };
  return {
    id: "neighbor-map",
    title,
    reading,
    size: "half",
    content: {
      id: "c-neighbor-map",
      label: plotLabel(title, reading),
      ...squareSize,
      bare: true,
      x: linearAxis(map.xEdges, bare),
      y: linearAxis(map.yEdges, bare),
      marks: squareMarks(map, data),
    },
  };
}

type Squares = NonNullable<ClusterReportData["neighborMap"] | ClusterReportData["map"]>;

function mostRows({ cells }: Squares): number {
  return Math.max(...cells.map((cell) => cell.rows));
}

/** Squares in the colours of their clusters, darker for more rows, and the number of each cluster. */
function squareMarks(map: Squares, { clusters }: ClusterReportData): Mark[] {
  const most = mostRows(map);
  const opacity = (rows: number): number => Number((0.22 + 0.78 * Math.sqrt(rows / most)).toFixed(2));
  const indices = [...new Set(map.cells.map((cell) => cell.cluster))].sort((a, b) => a - b);
  const squares = indices.map((index): Mark => {
    const own = map.cells.filter((cell) => cell.cluster === index);
    return {
      kind: "boxes",
      from: own.map(({ x, y }) => [map.xEdges[x]!, map.yEdges[y]!]),
      to: own.map(({ x, y }) => [map.xEdges[x + 1]!, map.yEdges[y + 1]!]),
      opacities: own.map(({ rows }) => opacity(rows)),
      colour: clusterColour(index),
      gap: 0.6,
    };
  });
  const named = clusters.flatMap(({ label }, c) => {
    const at = map.centers[c];
    return at === undefined ? [] : [{ at, label }];
  });
  const plate: Mark = {
    kind: "dots",
    points: named.map(({ at }) => at),
    colour: "page",
    sizes: named.map(() => 24),
  };
  const numbers = named.map(
    ({ at, label }): Mark => ({ kind: "words", at, text: label, colour: "ink", align: "center", bold: true }),
  );
  return [...squares, plate, ...numbers];
}

export function sizesFigure({ clusters, noiseRows, data }: ClusterReportData): Figure | undefined {
  if (clusters.length === 0) return undefined;
  const shown = clusters.slice(0, barsShown);
  const hidden = clusters.length - shown.length;
  const bars = [
    ...shown.map((cluster, c) => ({ text: cluster.label, rows: cluster.rows, colour: clusterColour(c) })),
    ...(noiseRows === undefined || noiseRows === 0
      ? []
      : [{ text: "none", rows: noiseRows, colour: clusterColour(-1) }]),
  ];
  const title = say`How large they are`;
  const reading = say`Rows in each cluster, of ${count(data.rows)}.${hidden > 0 ? ` ${count(hidden)} smaller ones are not drawn.` : ""}`;
  const most = Math.max(...bars.map((bar) => bar.rows), 1);
  const x = linearAxis([0, most * 1.3], { title: "" });
  return {
    id: "sizes",
    title,
    reading,
    size: "full",
    content: {
      id: "c-sizes",
      label: plotLabel(title, reading),
      width: 340,
      height: 46 + 28 * bars.length,
      fontSize: 14,
      x: { ...x, ticks: [], max: most * 1.55 },
      y: nameAxis(bars.map((bar) => bar.text)),
      marks: bars.flatMap(({ rows, colour }, i): Mark[] => [
        { kind: "boxes", from: [[0, i - 0.32]], to: [[rows, i + 0.32]], colour },
        {
          kind: "words",
          at: [rows, i],
          text: `${count(rows)}, ${percent(rows / data.rows)}`,
          colour: "ink",
          dx: 8,
        },
      ]),
    },
  };
}

/** Silhouette by number of clusters, on the rows and on shuffled columns. */
export function countsFigure({ counts, structure }: ClusterReportData): Figure | undefined {
  if (counts === undefined || counts.length < 2) return undefined;
  const title = say`How many clusters`;
  const points = counts.map((item) => [item.clusters, item.silhouette] as const);
  const shuffled = counts.map((item) => [item.clusters, mean(item.shuffled)] as const);
  const cloud = counts.map((item) => [item.clusters, mean(item.cloud)] as const);
  const lead = structure.silhouette - mean(structure.shuffled);
  const reading = say`Mean silhouette of the rows cut into so many clusters. Chosen is the number with the largest lead over shuffled columns, ${count(structure.clusters)} with ${fixed(lead, 2)}, or the fewest of nearly equal ones. Where the lead hardly changes, the number is a matter of taste: give --clusters.`;
  return {
    id: "counts",
    title,
    reading,
    size: "half",
    key: [
      { colour: "blue", text: say`this table` },
      { colour: "orange", dashed: true, text: say`columns shuffled` },
      { colour: "faint", dashed: true, text: say`one cloud` },
    ],
    content: {
      id: "c-counts",
      label: plotLabel(title, reading),
      ...halfSize,
      x: linearAxis(
        points.map(([x]) => x),
        { title: "clusters", round: false, ticks: counts.length, label: (value) => fixed(value, 0) },
      ),
      y: linearAxis([0, ...[...points, ...shuffled, ...cloud].map(([, y]) => y)], {
        title: "mean silhouette",
        grid: true,
      }),
      marks: [
        { kind: "line", points: cloud, colour: "faint", dash: [5, 4], width: 1.5 },
        { kind: "line", points: shuffled, colour: "orange", dash: [5, 4], width: 1.5 },
        { kind: "line", points, colour: "blue" },
        {
          kind: "dots",
          points,
          colour: "blue",
          sizes: points.map(([x]) => (x === structure.clusters ? 14 : 7)),
        },
      ],
    },
  };
}

/** BIC by number of clusters. */
export function criteriaFigure({ criteria }: ClusterReportData): Figure | undefined {
  if (criteria === undefined || criteria.length < 3) return undefined;
  const best = criteria.reduce((a, b) => (b.bic < a.bic ? b : a));
  const title = say`How many clusters`;
  const shapes = { full: "ellipsoids in any direction", diagonal: "ellipsoids along the columns" };
  const reading = say`The Bayesian information criterion weighs how likely a mixture makes the rows against how free it is; lower is better. The lowest is ${count(best.clusters)} with ${shapes[best.covariance]}.`;
  const line = (covariance: "full" | "diagonal"): (readonly [number, number])[] =>
    criteria
      .filter((item) => item.covariance === covariance)
      .map((item) => [item.clusters, item.bic] as const);
  const [full, diagonal] = [line("full"), line("diagonal")];
  return {
    id: "criteria",
    title,
    reading,
    size: "half",
    key: [
      { colour: "blue", text: say`${shapes.full}` },
      { colour: "orange", text: say`${shapes.diagonal}` },
    ],
    content: {
      id: "c-criteria",
      label: plotLabel(title, reading),
      ...halfSize,
      x: linearAxis(
        full.map(([x]) => x),
        { title: "clusters", round: false, ticks: full.length, label: (value) => fixed(value, 0) },
      ),
      y: linearAxis(
        [...full, ...diagonal].map(([, y]) => y),
        { title: "BIC", grid: true },
      ),
      marks: [
        { kind: "line", points: diagonal, colour: "orange" },
        { kind: "line", points: full, colour: "blue" },
        {
          kind: "dots",
          points: [[best.clusters, best.bic]],
          colour: best.covariance === "full" ? "blue" : "orange",
          sizes: [14],
        },
      ],
    },
  };
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);

/** The silhouette beside those of tables that have no clusters. */
export function structureFigure({ structure }: ClusterReportData): Figure {
  const title = say`Against tables without clusters`;
  const reading = say`The same search on ${count(structure.rows)} rows of the table (blue)${structure.components === undefined ? "" : `, along ${count(structure.components)} principal components,`} and on tables that have no clusters: ${count(structure.shuffled.length)} with every column shuffled by itself, ${count(structure.cloud.length)} drawn from one normal cloud with the same means and correlations. Only what lies to the right of both is structure.`;
  const dots = (values: readonly number[], line: number, colour: Colour): Mark => ({
    kind: "dots",
    points: values.map((value) => [value, line]),
    colour,
    sizes: values.map(() => (line === 0 ? 13 : 9)),
  });
  const all = [structure.silhouette, ...structure.shuffled, ...structure.cloud];
  return {
    id: "structure",
    title,
    reading,
    size: "half",
    content: {
      id: "c-structure",
      label: plotLabel(title, reading),
      width: halfSize.width,
      height: 200,
      x: linearAxis([0, ...all], { title: "mean silhouette", grid: true }),
      y: nameAxis(["this table", "columns shuffled", "one cloud"]),
      marks: [
        dots([structure.silhouette], 0, "blue"),
        dots(structure.shuffled, 1, "orange"),
        dots(structure.cloud, 2, "faint"),
      ],
    },
  };
}
