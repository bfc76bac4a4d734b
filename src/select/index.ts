export { type Candidate, familyOf, kindOf, type RaceShape, workUnits } from "./candidate.ts";
export { type BoardEntry, type Choice, choose, describeLimits, type NetworkGain } from "./choose.ts";
export { type CostLimits, type EntryCost, keepsTo, measureCosts } from "./cost.ts";
export { type EnsembleChoice, type EnsembleMember, greedyEnsemble } from "./ensemble.ts";
export { type FamilyName, family, familyNames, type FamilyParameters } from "./families.ts";
export { type FoldJob, type FoldResult, type RaceData, runFoldJob, runFragment } from "./fold-job.ts";
export {
  type OwnModule,
  type OwnStep,
  loadersOf,
  type OwnCandidate,
  ownCandidates,
  ownSteps,
  type OwnStepCode,
  type RacedFamily,
} from "./own.ts";
export { portfolio } from "./portfolio.ts";
export { foldsOf, type RaceEntry, type RaceOptions, type RaceResult, runRace } from "./race.ts";
export { type RacePool, startRacePool } from "./race-pool.ts";
export { type JudgedRows, judgedAt } from "./rows.ts";
