/** The models that a recipe records, as candidates with settled shares. */
import { MillwrightError } from "../../core/index.ts";
import type { ModelRecipe } from "../../model/index.ts";
import { type Candidate, family, type FamilyParameters } from "../../select/index.ts";
import { ownOf, type OwnParts, passedAgain } from "./own.ts";

/** @throws MillwrightError `MODEL_INVALID` for a recipe without models. */
export function requireMembers(recipe: ModelRecipe): void {
  if (recipe.members !== undefined) return;
  throw new MillwrightError(
    "MODEL_INVALID",
    "The recipe names no models.",
    "Train again with a search, without --like; the new file will name them.",
  );
}

/** What the race tries: doing nothing, for comparison, and the models of the recipe. */
export function recordedCandidates(recipe: ModelRecipe, own: OwnParts): Candidate[] {
  const passed = passedAgain(recipe, own);
  const withoutSteps = new Set(ownOf(recipe)?.withoutSteps);
  const members = recipe.members!.map(({ name, family: said, parameters }): Candidate => {
    const without = withoutSteps.has(name) ? ({ withoutSteps: true } as const) : {};
    const mine = passed.get(said);
    if (mine !== undefined) return { ...mine, name, ...without };
    family(said);
    return { name, family: said, parameters: parameters as FamilyParameters, ...without };
  });
  if (members.some((member) => member.family === "baseline")) return members;
  return [{ name: "baseline", family: "baseline", parameters: {}, withoutSteps: true }, ...members];
}

/** Shares by name. */
export function recordedShares(recipe: ModelRecipe): Map<string, number> {
  return new Map(recipe.members!.map(({ name, weight }) => [name, weight]));
}
