/**
 * What a user brings to a run in code: families, feature steps, a metric. The file cannot hold code, so the recipe
 * records the names and parameters of what it used, and fitting the recipe again asks for the code again.
 */
import { canonicalJson, type Json, MillwrightError } from "../../core/index.ts";
import { type Metric, metricTable } from "../../metrics/index.ts";
import type { ModelRecipe } from "../../model/index.ts";
import type { Schema } from "../../schema/index.ts";
import {
  type Candidate,
  type Choice,
  loadersOf,
  type OwnCandidate,
  type OwnStep,
  ownCandidates,
  ownSteps,
  type OwnStepCode,
  type RacedFamily,
} from "../../select/index.ts";

/** Own code of a run, loaded and checked as far as that can be done before a fit. */
export interface OwnParts {
  readonly families: readonly OwnCandidate[];
  readonly steps: readonly OwnStepCode[];
  readonly metric?: Metric;
}

/** What a recipe says of own code that its members need. */
export interface RecordedOwn {
  readonly families?: readonly string[];
  readonly steps?: readonly {
    readonly kind: string;
    readonly columns: readonly string[];
    readonly parameters: Json;
  }[];
  readonly metric?: string;
  /** Names of members that are fitted without the steps. */
  readonly withoutSteps?: readonly string[];
}

/** @throws MillwrightError `OWN_CODE_FAILED`, `PARAMETER_CONFLICT`, `SCHEMA_MISSING_COLUMN`, `SCHEMA_ROLE`. */
export async function ownPartsOf(
  {
    families = [],
    steps = [],
    metric,
  }: {
    readonly families?: readonly RacedFamily[];
    readonly steps?: readonly OwnStep[];
    readonly metric?: string | Metric;
  },
  task: "classification" | "regression",
  schema: Schema,
): Promise<OwnParts> {
  const loaded = await ownSteps(steps);
  for (const { kind, columns } of loaded) requireFeatureColumns(kind, columns, schema);
  return {
    families: await ownCandidates(families, task),
    steps: loaded,
    ...(typeof metric === "object" && metricTable[metric.name] !== metric && { metric }),
  };
}

function requireFeatureColumns(kind: string, columns: readonly string[], schema: Schema): void {
  for (const name of columns) {
    const column = schema.columns.find((item) => item.name === name);
    if (column?.role === "feature") continue;
    throw new MillwrightError(
      column === undefined ? "SCHEMA_MISSING_COLUMN" : "SCHEMA_ROLE",
      `The step "${kind}" reads "${name}", ${column === undefined ? `which is none of the ${schema.columns.length} columns` : `whose role is ${column.role}`}.`,
      "Name columns that the model may read; { keep } makes one a feature.",
    );
  }
}

/**
 * Where there are steps of the user's own, one candidate is tried without them too, so that the board tells what they
 * bring: the one that is called boosting, or else the first that learns. The baseline reads no feature.
 */
export function withoutOwnSteps(candidates: readonly Candidate[], { steps }: OwnParts): Candidate[] {
  const learners = candidates.filter(({ family }) => family !== "baseline");
  const twin = learners.find(({ name }) => name === "boosting") ?? learners[0];
  if (steps.length === 0) return [...candidates];
  return candidates.flatMap((candidate): Candidate[] => {
    if (candidate.family === "baseline") return [{ ...candidate, withoutSteps: true }];
    if (candidate !== twin) return [candidate];
    const name = `${candidate.name}, without own steps`;
    return [candidate, { ...candidate, name, withoutSteps: true }];
  });
}

/** Additions to the data that worker processes share. */
export function ownRaceData({ families, steps }: OwnParts) {
  const loaders = loadersOf([...families.map(({ own }) => own), ...steps]);
  return { ...(steps.length > 0 && { steps }), ...(loaders && { loaders }) };
}

/** Own code of a run, for its record. */
export interface RunOwn {
  /** Families that were fitted. */
  readonly families: readonly string[];
  readonly steps?: readonly {
    readonly kind: string;
    readonly columns: readonly string[];
    readonly parameters: Json;
  }[];
  readonly metric?: string;
}

/** Undefined where there is none. */
export function ownOfRun(
  { steps, metric }: OwnParts,
  entries: readonly { readonly candidate: Candidate }[],
): RunOwn | undefined {
  const families = entries.flatMap(({ candidate }) => (candidate.own ? [candidate.family] : []));
  if (families.length === 0 && steps.length === 0 && metric === undefined) return undefined;
  return {
    families: [...new Set(families)],
    ...(steps.length > 0 && {
      steps: steps.map(({ kind, columns, parameters }) => ({ kind, columns, parameters })),
    }),
    ...(metric && { metric: metric.name }),
  };
}

/** For the recipe; undefined where the file needs no code of the user's. */
export function recordedOwn({ steps, metric }: OwnParts, choice: Choice): RecordedOwn | undefined {
  const mine = choice.members.flatMap(({ entry: { candidate } }) =>
    candidate.own ? [candidate.family] : [],
  );
  const families = [...new Set(mine)];
  if (families.length === 0 && steps.length === 0 && metric === undefined) return undefined;
  const without = choice.members.flatMap(({ entry }) =>
    entry.candidate.withoutSteps ? [entry.candidate.name] : [],
  );
  return {
    ...(families.length > 0 && { families }),
    ...(steps.length > 0 && {
      steps: steps.map(({ kind, columns, parameters }) => ({ kind, columns, parameters })),
    }),
    ...(metric && { metric: metric.name }),
    ...(without.length > 0 && { withoutSteps: without }),
  };
}

export function ownOf(recipe: ModelRecipe): RecordedOwn | undefined {
  return (recipe.options as { readonly own?: RecordedOwn }).own;
}

/** `the family "knn", the step "ratio"`, for messages and programs. */
export function ownWords({ families = [], steps = [], metric }: RecordedOwn): string {
  return [
    ...families.map((name) => `the family "${name}"`),
    ...[...new Set(steps.map(({ kind }) => kind))].map((kind) => `the step "${kind}"`),
    ...(metric === undefined ? [] : [`the metric "${metric}"`]),
  ].join(", ");
}

/**
 * The recipe's families of the user's own, passed again; by family.
 *
 * @throws MillwrightError `PARAMETER_MISSING` for own code that is not passed, `PARAMETER_CONFLICT` for other parameters.
 */
export function passedAgain(recipe: ModelRecipe, own: OwnParts): Map<string, Candidate> {
  const needed = ownOf(recipe) ?? {};
  const families = new Map(own.families.map((candidate) => [candidate.name, candidate]));
  const said = (steps: RecordedOwn["steps"] = []): Json =>
    steps.map(({ kind, columns, parameters }) => ({ kind, columns, parameters }));
  const missing: RecordedOwn = {
    families: (needed.families ?? []).filter((name) => !families.has(name)),
    ...(own.steps.length < (needed.steps?.length ?? 0) && { steps: needed.steps! }),
    ...(needed.metric !== undefined && needed.metric !== own.metric?.name && { metric: needed.metric }),
  };
  if (ownWords(missing) !== "") {
    throw new MillwrightError(
      "PARAMETER_MISSING",
      `The recipe needs code of your own that no file holds: ${ownWords(missing)}.`,
      "Pass it again, in code: refit(recipe, { families, steps, metric }).",
    );
  }
  const wrong = (recipe.members ?? []).find(
    ({ family, parameters }) =>
      families.has(family) &&
      canonicalJson(parameters as Json) !== canonicalJson(families.get(family)!.parameters),
  );
  const [recorded, given] = wrong
    ? [canonicalJson(wrong.parameters as Json), canonicalJson(families.get(wrong.family)!.parameters)]
    : [canonicalJson(said(needed.steps)), canonicalJson(said(own.steps))];
  if (recorded !== given) {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `The recipe was made with ${wrong ? `the family "${wrong.family}" of ${recorded}` : `the steps ${recorded}`}, and ${given} is passed.`,
      "Pass the same, or train anew.",
    );
  }
  const used = new Set(needed.families);
  return new Map([...families].filter(([name]) => used.has(name)));
}
