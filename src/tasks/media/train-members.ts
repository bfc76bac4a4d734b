/**
 * Networks of one kind whose mean is the answer: trained one after the other, from the seed and those behind it, so that
 * the first of several is the one that is trained alone. Their errors differ, and the mean has fewer.
 * Source: Lakshminarayanan, Pritzel & Blundell 2017, "Simple and scalable predictive uncertainty estimation using deep
 * ensembles", NeurIPS 30.
 */
import { MillwrightError, type ProgressEvent, type ProgressListener } from "../../core/index.ts";
import type { TrainedNetwork, TrainingSettings } from "../race/fit-network.ts";
import type { OneNetworkRecord } from "../race/record.ts";

export const mostMembers = 20;

/** @throws MillwrightError `PARAMETER_RANGE`. */
export function requireMembers(members: number): void {
  if (Number.isSafeInteger(members) && members >= 1 && members <= mostMembers) return;
  throw new MillwrightError(
    "PARAMETER_RANGE",
    `--members is ${members}, and needs a whole number from 1 to ${mostMembers}.`,
    "Give 3, say.",
  );
}

/** What a member is trained with. */
export type MemberSettings = TrainingSettings & {
  /** Its epochs are those of the first, however long they take. */
  readonly settled: boolean;
};

/**
 * Each gets an even share of the time that is left. How many epochs fit is found by the first.
 *
 * @param train - Trains one.
 */
export async function trainMembers<T extends { readonly trained: TrainedNetwork }>(
  count: number,
  settings: TrainingSettings,
  train: (settings: MemberSettings) => Promise<T>,
): Promise<readonly [T, ...T[]]> {
  const { deadlineMs, onProgress, seed } = settings;
  const one = (member: number, epochs: number): Promise<T> => {
    const now = performance.now();
    return train({
      ...settings,
      epochs,
      seed: seed + member,
      settled: member > 0,
      ...(deadlineMs !== undefined && { deadlineMs: now + (deadlineMs - now) / (count - member) }),
      ...(onProgress && { onProgress: told(onProgress, member, count) }),
    });
  };
  const first = await one(0, settings.epochs);
  const others: T[] = [];
  for (let member = 1; member < count; member++) others.push(await one(member, first.trained.epochs));
  return [first, ...others];
}

/** Which of several it is about. */
function told(onProgress: ProgressListener, member: number, count: number): ProgressListener {
  if (count === 1) return onProgress;
  return (event: ProgressEvent) =>
    onProgress({ ...event, stage: `${event.stage} (${member + 1} of ${count})` });
}

/** The others beside the record of the first. */
export function otherMembers(others: readonly TrainedNetwork[]): Pick<OneNetworkRecord, "others"> {
  if (others.length === 0) return {};
  return { others: others.map(({ bestEpoch, reason, history }) => ({ bestEpoch, ended: reason, history })) };
}

/** As a title tells them: `after epoch 9 of 12`, or `3 of them, after epochs 9, 12, 11 of 12`. */
export function membersInWords(trained: readonly TrainedNetwork[]): string {
  const [first, ...others] = trained;
  if (others.length === 0) return `after epoch ${first!.bestEpoch} of ${first!.epochs}`;
  return `${trained.length} of them, after epochs ${trained.map(({ bestEpoch }) => bestEpoch).join(", ")} of ${first!.epochs}, their mean`;
}
