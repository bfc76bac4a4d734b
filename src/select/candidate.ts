/** One entry of the race: a family with parameters, and what it costs to try. */
import type { Estimator } from "../estimators/index.ts";
import { type Family, family, type FamilyName, type FamilyParameters } from "./families.ts";
import { loadOwn, type OwnFamily } from "./own.ts";

export interface Candidate {
  /** Unique on the board: `boosting`, `boosting slow`. */
  readonly name: string;
  /** A `FamilyName`, or the name of a family of the user's own. */
  readonly family: string;
  readonly parameters: FamilyParameters;
  /** Present for a family of the user's own. */
  readonly own?: OwnFamily;
  /** Without the feature steps of the user's own: to see what these bring. */
  readonly withoutSteps?: true;
}

/** What the race knows of a candidate's family. */
export function familyOf({ family: name, own }: Pick<Candidate, "family" | "own">): Omit<Family, "make"> {
  return own ?? family(name);
}

/** On which side of a race it stands; of a family of the user's own nobody knows. */
export function kindOf({
  family: name,
  own,
}: Pick<Candidate, "family" | "own">): "network" | "classical" | "baseline" | "own" {
  if (own !== undefined) return "own";
  if (name === "baseline") return "baseline";
  return family(name).network === true ? "network" : "classical";
}

/** The family with its parameters, loaded where it lies in a module of the user's. */
export async function estimatorOf({ family: name, parameters, own }: Candidate): Promise<Estimator> {
  if (own === undefined) return family(name).make(parameters);
  return own.estimator ?? (await loadOwn<Estimator>(own.module!));
}

/** Size of the table that candidates are tried on. */
export interface RaceShape {
  readonly rowCount: number;
  readonly columnCount: number;
  /** 1 for regression. */
  readonly classCount: number;
  readonly foldCount: number;
}

/** Seconds of one core for 1,000 rows × 10 columns × one class in one fold, measured on a 2-core machine in 2026, and the smallest cost of a fit. */
const costs: Record<
  FamilyName,
  { readonly base: number; readonly perCell: number; readonly perClass: boolean }
> = {
  baseline: { base: 0.02, perCell: 0, perClass: false },
  linear: { base: 0.05, perCell: 0.005, perClass: false },
  ridge: { base: 0.05, perCell: 0.01, perClass: false },
  elasticNet: { base: 0.05, perCell: 0.01, perClass: false },
  linearSvm: { base: 0.2, perCell: 0.03, perClass: true },
  lasso: { base: 0.05, perCell: 0.01, perClass: false },
  logistic: { base: 0.1, perCell: 0.06, perClass: true },
  ordinalLogistic: { base: 0.1, perCell: 0.03, perClass: false },
  poisson: { base: 0.1, perCell: 0.01, perClass: false },
  gamma: { base: 0.1, perCell: 0.01, perClass: false },
  tweedie: { base: 0.1, perCell: 0.01, perClass: false },
  huber: { base: 0.1, perCell: 0.01, perClass: false },
  quantile: { base: 0.3, perCell: 0.03, perClass: false },
  isotonic: { base: 0.05, perCell: 0.01, perClass: false },
  nearestNeighbors: { base: 0.1, perCell: 0.1, perClass: false },
  svm: { base: 0.5, perCell: 2, perClass: true },
  naiveBayes: { base: 0.03, perCell: 0.006, perClass: false },
  multinomialNaiveBayes: { base: 0.05, perCell: 0.006, perClass: false },
  complementNaiveBayes: { base: 0.05, perCell: 0.006, perClass: false },
  tree: { base: 0.03, perCell: 0.003, perClass: false },
  forest: { base: 0.2, perCell: 0.18, perClass: false },
  extraTrees: { base: 0.2, perCell: 0.18, perClass: false },
  boosting: { base: 0.15, perCell: 0.1, perClass: true },
  mlp: { base: 1.0, perCell: 0.3, perClass: false },
  // From two sets of texts: 8 and 4 seconds of a core for 4,900 and 3,600 texts of one column.
  textNet: { base: 2, perCell: 16, perClass: false },
};

/** Nobody measured them: what boosting costs. */
const ownCost = { base: 0.15, perCell: 0.1, perClass: true } as const;

/** Work units of a candidate over all folds: about seconds of one core, but a fixed figure that reads no clock. */
export function workUnits(candidate: Candidate, shape: RaceShape): number {
  const cost = candidate.own ? ownCost : costs[candidate.family as FamilyName];
  const cells = ((shape.rowCount / 1000) * shape.columnCount) / 10;
  const outputs = cost.perClass && shape.classCount > 2 ? shape.classCount : 1;
  const rounds = Number(candidate.parameters["rounds"] ?? 0);
  // Eight members of 128 units took twice what one of 256 does.
  const members = candidate.family === "mlp" ? Number(candidate.parameters["members"] ?? 1) : 1;
  const factor = candidate.family === "boosting" && rounds > 0 ? rounds / 1000 : Math.max(1, members / 2);
  const units = shape.foldCount * (cost.base + cost.perCell * cells * outputs * factor);
  return Math.ceil(units * 100) / 100;
}
