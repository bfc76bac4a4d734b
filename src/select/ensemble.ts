/**
 * Greedy weighted ensemble: starting from the best single model, add (with
 * replacement) the member whose inclusion improves the metric of the averaged
 * out-of-fold answers most; weights are the shares of picks.
 *
 * Source: Caruana et al. 2004, "Ensemble selection from libraries of models".
 */

/** Out-of-fold answers of one model, row-major [rows × outputs]. */
export interface EnsembleMember {
  readonly predictions: Float64Array;
}

export interface EnsembleChoice {
  /** Share of each member, summing to 1; 0 for those left out. */
  readonly weights: Float64Array;
  /** Loss of the blend. */
  readonly loss: number;
}

/**
 * @param members - At least one; equal lengths.
 * @param loss - Of averaged answers; smaller is better. Called picks × members times.
 * @param rounds - Picks, with replacement.
 * @param maxMembers - Most members with a share, so that the file stays small and fast.
 * @param allowed - Whether the members with these indices may be shipped together; a single one always may.
 */
export function greedyEnsemble(
  members: readonly EnsembleMember[],
  loss: (predictions: Float64Array) => number,
  {
    rounds = 25,
    maxMembers = 4,
    allowed = () => true,
  }: { rounds?: number; maxMembers?: number; allowed?: (members: readonly number[]) => boolean } = {},
): EnsembleChoice {
  const size = members[0]!.predictions.length;
  const sum = new Float64Array(size);
  const trial = new Float64Array(size);
  const picks = new Uint32Array(members.length);
  let best: { picks: Uint32Array; count: number; loss: number } | undefined;
  for (let count = 1; count <= rounds; count++) {
    let choice = -1;
    let choiceLoss = Infinity;
    const used = [...picks.keys()].filter((m) => picks[m]! > 0);
    const full = used.length >= maxMembers;
    for (let m = 0; m < members.length; m++) {
      if (picks[m] === 0 && (full || (used.length > 0 && !allowed([...used, m])))) continue;
      const { predictions } = members[m]!;
      for (let i = 0; i < size; i++) trial[i] = (sum[i]! + predictions[i]!) / count;
      const value = loss(trial);
      // A tie goes to the earlier member: the portfolio's order is from simple to costly.
      if (value < choiceLoss) {
        choice = m;
        choiceLoss = value;
      }
    }
    if (choice < 0) break;
    picks[choice] = picks[choice]! + 1;
    const { predictions } = members[choice]!;
    for (let i = 0; i < size; i++) sum[i] = sum[i]! + predictions[i]!;
    if (best === undefined || choiceLoss < best.loss)
      best = { picks: picks.slice(), count, loss: choiceLoss };
  }
  const chosen = best ?? { picks, count: 1, loss: Infinity };
  return { weights: Float64Array.from(chosen.picks, (n) => n / chosen.count), loss: chosen.loss };
}
