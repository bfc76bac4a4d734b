/**
 * Families and feature steps that a user brings to the race.
 *
 * A plain object stays in this process: its fits run here, one at a time, since code cannot be copied to another
 * process. A module with an export is loaded by each worker process, so that its fits run side by side and can be
 * killed. Either way the same job runs with the same draws, so the file is the same.
 */
import { isAbsolute, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { awaitOwn, type Json, MillwrightError, ownCodeError } from "../core/index.ts";
import { type Estimator, guarded } from "../estimators/index.ts";
import type { Encoder, PlanStyle, Transform } from "../features/index.ts";
import { type FamilyParameters, familyNames, knownFamily } from "./families.ts";

/** Own code by its place: what a module exports, or what its exported function returns. */
export interface OwnModule {
  /** Path or `file:` URL of the module; a relative path starts at the working directory. */
  readonly module: string | URL;
  /** Name of the export. */
  readonly export: string;
  /** Given to the exported function. */
  readonly parameters?: Json;
}

/** A family as `families` takes it: a name, an object, or a module. */
export type RacedFamily = string | Estimator | OwnModule;

/** A feature step of the user's own, on these columns; a transform gets them as numbers, missing as NaN. */
export interface OwnStep {
  readonly columns: readonly string[];
  readonly step: Encoder | Transform | OwnModule;
}

interface ModulePlace {
  readonly href: string;
  readonly export: string;
  readonly parameters?: Json;
}

/** What the race knows of a family of the user's own. */
export interface OwnFamily {
  readonly title: string;
  readonly style: PlanStyle;
  readonly simplicity: number;
  /** Absent in a worker process, which loads it. */
  readonly estimator?: Estimator;
  /** Absent for an object: then it is fitted in the user's process. */
  readonly module?: ModulePlace;
}

/** A family of the user's own with a name on the board. */
export interface OwnCandidate {
  readonly name: string;
  readonly family: string;
  readonly parameters: FamilyParameters;
  readonly own: OwnFamily;
}

/** A step as jobs take it: with its code, or with the place of it. */
export interface OwnStepCode {
  readonly columns: readonly string[];
  readonly kind: string;
  readonly parameters: Json;
  readonly step?: Encoder | Transform;
  readonly module?: ModulePlace;
}

const isModule = (given: object): given is OwnModule => "module" in given && "export" in given;

function placeOf({ module, export: name, parameters }: OwnModule): ModulePlace {
  const text = String(module);
  const href = text.startsWith("file:") ? text : pathToFileURL(isAbsolute(text) ? text : resolve(text)).href;
  return { href, export: name, ...(parameters !== undefined && { parameters }) };
}

/** Loads own code. @throws MillwrightError `OWN_CODE_FAILED` with the module and its exports. */
export async function loadOwn<T extends object>({ href, export: name, parameters }: ModulePlace): Promise<T> {
  const where = `The exported "${name}" of ${href.split("/").at(-1)}`;
  const exported = await awaitOwn(where, async () => (await import(href)) as Record<string, unknown>);
  const found = exported[name];
  if (found === undefined) {
    throw ownCodeError(`${where} is not there; it exports ${Object.keys(exported).join(", ") || "nothing"}.`);
  }
  const made: unknown = await awaitOwn(where, async () =>
    typeof found === "function" ? (found as (given?: Json) => unknown)(parameters) : found,
  );
  if (typeof made !== "object" || made === null) {
    throw ownCodeError(
      `${where} gives ${made === null ? "null" : typeof made}, and needs a family or a step.`,
    );
  }
  // A family is checked wherever it is fitted.
  return (
    "tasks" in made ? guarded(requireEstimator(made as Estimator)) : requireStep(made as Encoder)
  ) as T & object;
}

/** The steps with their code. */
export async function loadedSteps(
  steps: readonly OwnStepCode[],
): Promise<{ readonly columns: readonly string[]; readonly step: Encoder | Transform }[]> {
  return await Promise.all(
    steps.map(async ({ columns, step, module }) => ({
      columns,
      step: step ?? (await loadOwn<Encoder>(module!)),
    })),
  );
}

/** The options of this program by which modules are read, where some code lies in one. */
export function loadersOf(code: readonly { readonly module?: unknown }[]): string[] | undefined {
  if (code.every(({ module }) => module === undefined)) return undefined;
  const withValue = /^(--import|--require|-r|--loader|--experimental-loader|--conditions|-C)$/;
  return process.execArgv.flatMap((flag, at, all) =>
    withValue.test(flag)
      ? [flag, all[at + 1]!]
      : /^--(import|require|loader|experimental-loader|conditions)=|^--experimental-strip-types$/.test(flag)
        ? [flag]
        : [],
  );
}

/** What a worker process gets: places of code instead of code. */
export function portable<T extends { readonly own?: OwnFamily }>(candidate: T): T {
  if (candidate.own?.module === undefined) return candidate;
  const { title, style, simplicity, module } = candidate.own;
  return { ...candidate, own: { title, style, simplicity, module } };
}

/** The same for steps. */
export function portableSteps(steps: readonly OwnStepCode[]): OwnStepCode[] {
  return steps.map(({ columns, kind, parameters, module }) => ({
    columns,
    kind,
    parameters,
    ...(module && { module }),
  }));
}

/**
 * The families of the user's own among those named, as candidates under names of their own.
 *
 * @throws MillwrightError `PARAMETER_CONFLICT` for one that does not do the task, `OWN_CODE_FAILED` for what is no family.
 */
export async function ownCandidates(
  families: readonly RacedFamily[],
  task: Estimator["tasks"][number],
): Promise<OwnCandidate[]> {
  const taken = new Set<string>(["ensemble", "baseline", ...familyNames]);
  const candidates: OwnCandidate[] = [];
  for (const given of families) {
    if (typeof given === "string") continue;
    const place = isModule(given) ? placeOf(given) : undefined;
    const estimator = place ? await loadOwn<Estimator>(place) : guarded(requireEstimator(given as Estimator));
    if (!estimator.tasks.includes(task)) {
      throw new MillwrightError(
        "PARAMETER_CONFLICT",
        `The family "${estimator.family}" does ${estimator.tasks.join(" and ")}, and the target asks for ${task}.`,
        "Leave it out.",
      );
    }
    const ours = knownFamily(estimator.family);
    let name = ours === undefined ? estimator.family : `${estimator.family}, own`;
    for (let n = 2; taken.has(name); n++) name = `${estimator.family}${ours ? ", own" : ""} ${n}`;
    taken.add(name);
    candidates.push({
      name,
      family: name,
      parameters: estimator.parameters as FamilyParameters,
      own: {
        title: estimator.title ?? ours?.title ?? estimator.family,
        style: estimator.plan ?? ours?.style ?? "linear",
        // Nobody says how simple it is, so it is never offered as the simpler one.
        simplicity: ours?.simplicity ?? 3,
        estimator,
        ...(place && { module: place }),
      },
    });
  }
  return candidates;
}

/** The steps as jobs take them. @throws MillwrightError `OWN_CODE_FAILED` for what is no step, `PARAMETER_MISSING` without columns. */
export async function ownSteps(steps: readonly OwnStep[]): Promise<OwnStepCode[]> {
  return await Promise.all(
    steps.map(async ({ columns, step: given }) => {
      const module = isModule(given) ? placeOf(given) : undefined;
      const step = module ? await loadOwn<Encoder | Transform>(module) : requireStep(given as Encoder);
      if (columns.length === 0) {
        throw new MillwrightError(
          "PARAMETER_MISSING",
          `The step "${step.kind}" is given 0 columns.`,
          "Name the columns that it reads.",
        );
      }
      return { columns, kind: step.kind, parameters: step.parameters, step, ...(module && { module }) };
    }),
  );
}

function requireEstimator(given: Estimator): Estimator {
  const { family, parameters, tasks, fit } = (given ?? {}) as Partial<Estimator>;
  if (typeof family === "string" && family !== "" && Array.isArray(tasks) && typeof fit === "function") {
    requireJson(`The parameters of the family "${family}"`, parameters);
    return given;
  }
  throw ownCodeError(
    `What is given as a family has the fields ${Object.keys(given ?? {}).join(", ") || "of nothing"}, and needs family, parameters, tasks and fit.`,
  );
}

function requireStep<T extends Encoder | Transform>(given: T): T {
  const { kind, parameters, fit } = (given ?? {}) as Partial<Encoder>;
  if (typeof kind === "string" && kind !== "" && typeof fit === "function") {
    requireJson(`The parameters of the step "${kind}"`, parameters);
    return given;
  }
  throw ownCodeError(
    `What is given as a step has the fields ${Object.keys(given ?? {}).join(", ") || "of nothing"}, and needs kind, parameters and fit.`,
  );
}

/** They stand in the file. */
function requireJson(what: string, parameters: unknown): void {
  if (typeof parameters === "object" && parameters !== null && !Array.isArray(parameters)) {
    if (isDeepStrictEqual(JSON.parse(JSON.stringify(parameters)), parameters)) return;
  }
  throw ownCodeError(`${what} are no plain object of JSON.`);
}
