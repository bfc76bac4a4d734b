/**
 * The laws of families and steps as checks, for any test runner:
 * `for (const check of familyConformance(mine)) test(check.name, check.run);`
 */
export type { Check } from "./check.ts";
export { familyConformance, type FamilyConformanceOptions, type FamilyLaw } from "./family.ts";
export type { Takes } from "./family-data.ts";
export { stepConformance, type StepConformanceOptions, type StepLaw } from "./step.ts";
export { lossConformance, type LossConformanceOptions, type LossLaw } from "./loss.ts";
export { metricConformance, type MetricConformanceOptions, type MetricLaw } from "./metric.ts";
