/** The model card of a clustering: what it is, what is in it, what it does with odd rows. */
import type { Clusterer, FittedClusters } from "../../estimators/cluster/index.ts";
import type { ModelCard } from "../../model/index.ts";
import { noiseLabel } from "../../pipeline/index.ts";
import { carriedText } from "../tabular/carried.ts";
import type { PreparedRows } from "./prepare.ts";

const policy = {
  "missing column": "an error that names the column and the nearest name in the row",
  "wrong kind": "an error that names the row, the column, what came and what was needed",
  "missing cell": "the median of the column; of a category, a value of its own",
  "unseen category": "the answer for categories held by fewer than 5 training rows",
} as const;

export function clusterCard(
  { frame, features }: PreparedRows,
  clusterer: Clusterer,
  fitted: FittedClusters,
  software: string,
): ModelCard {
  return {
    summary: `Tells which of ${fitted.clusterCount} clusters a row belongs to, from ${features.columns.length} columns.`,
    members: [
      {
        family: methodTitle(clusterer.method),
        weight: 1,
        parameters: clusterer.parameters,
        summary: fitted.summary,
      },
    ],
    policy,
    leftOut: frame.schema.columns
      .filter(({ role }) => role === "ignore" || role === "id")
      .map(({ name, role }) => ({
        column: name,
        reason: role === "id" ? "it names the row" : "left out",
      })),
    notes: [
      carriedNote(clusterer.method, fitted.summary),
      ...(fitted.noise ? [`The answer ${noiseLabel} is a row that belongs to no cluster.`] : []),
      ...(fitted.beside === "distances"
        ? [
            "Distances are in units of the prepared features, in which every column has a variance of about 1.",
          ]
        : []),
    ],
    software,
  };
}

/** What is said of the rows inside the file. */
export function carriedNote(method: string, summary: unknown): string {
  const carried = carriedText(summary);
  return carried === undefined
    ? "Golden rows are synthetic; no record of a person is in this file."
    : `Golden rows are synthetic. The file carries records: ${methodTitle(method)} answers by ${carried}, as prepared numbers. Treat the file like the data.`;
}

/** A method as people call it. */
export function methodTitle(method: string): string {
  return (
    { kmeans: "k-means", gaussianMixture: "Gaussian mixture", dbscan: "DBSCAN", hdbscan: "HDBSCAN" }[
      method
    ] ?? method
  );
}
