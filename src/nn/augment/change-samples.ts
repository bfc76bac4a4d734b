/**
 * Samples of any size changed one by one, in the calling thread or in others: before training, where `augment` of a loader
 * changes rows of one size during it.
 *
 * A sample's random numbers are named by its place, so both come to the same bits.
 */
import { MillwrightError, openLanes, type Random, startWorker } from "../../core/index.ts";
import type { Augmentation } from "./augmentation.ts";
import type { Sample, Step } from "./step.ts";

export interface ChangeSamplesOptions {
  /** Threads that change samples; 0, the default, is the calling one. */
  readonly threads?: number;
  /** Ends it between some samples. */
  readonly signal?: AbortSignal;
}

/** What a thread starts with. */
export interface SampleWork {
  readonly steps: readonly Step[];
  readonly seed: number;
}

/** Some samples, the first of them at the place `first` among all. */
export interface SampleRequest {
  readonly first: number;
  readonly samples: readonly Sample[];
}

/** Samples that go to a thread at a time, and how many times that are on their way to each. */
const together = 16;
const perThread = 2;

/**
 * Changes each sample with random numbers of its own: `random.child(place)`.
 *
 * @returns New samples in the same order.
 * @throws MillwrightError what `change.apply` throws; `CANCELLED`, `WORKER_FAILED`.
 */
export async function changeSamples(
  change: Augmentation,
  samples: readonly Sample[],
  random: Random,
  { threads = 0, signal }: ChangeSamplesOptions = {},
): Promise<Sample[]> {
  const requests = Array.from({ length: Math.ceil(samples.length / together) }, (_, k): SampleRequest => {
    const first = k * together;
    return { first, samples: samples.slice(first, first + together) };
  });
  const count = Math.min(threads, requests.length);
  const work: SampleWork = { steps: change.steps, seed: random.seed };
  const lanes = openLanes<SampleRequest, Sample[]>(
    () => startWorker("samples.worker", import.meta.url, work),
    count,
    "changes samples",
  );
  const made: Sample[][] = [];
  let next = 0;
  const go = async (): Promise<void> => {
    while (next < requests.length) {
      if (signal?.aborted === true) throw stopped(next * together, samples.length);
      const k = next++;
      const request = requests[k]!;
      made[k] = count === 0 ? changeSome(change, request, random) : await lanes.ask(request);
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.max(1, count * perThread) }, go));
  } finally {
    next = requests.length;
    await lanes.close();
  }
  return made.flat();
}

/** What both the calling thread and others do. */
export function changeSome(
  change: Augmentation,
  { first, samples }: SampleRequest,
  random: Random,
): Sample[] {
  return samples.map(({ data, shape }, i) => change.apply(data, shape, random.child(first + i)));
}

function stopped(done: number, all: number): MillwrightError {
  return new MillwrightError(
    "CANCELLED",
    `Changing samples was stopped after ${done} of ${all}.`,
    "Start it again.",
  );
}
