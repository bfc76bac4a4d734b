/** How the learning rate goes over a training: factors of the optimiser's own rate. */
import { MillwrightError } from "../core/index.ts";
import { requireCount, requireWithin } from "./layer.ts";

/** Where a training stands when a schedule is asked. */
export interface SchedulePoint {
  /** Steps done before this one: 0, 1, …. */
  readonly step: number;
  /** Steps of the whole training. */
  readonly totalSteps: number;
  readonly stepsPerEpoch: number;
  /** Watched value after each epoch so far (lower is better), for schedules that look. */
  readonly watched: readonly number[];
}

export interface Schedule {
  readonly name: string;
  /** Plain settings, stored in checkpoints. */
  readonly settings: Readonly<Record<string, number>>;
  /** It goes by the watched value, and so needs validation. */
  readonly watches?: boolean;
  /** Factor of the learning rate at a step, at least 0. */
  factor(point: SchedulePoint): number;
}

export const constantRate = (): Schedule => ({ name: "constant", settings: {}, factor: () => 1 });

/**
 * Half a cosine from 1 down to `end`. Source: Loshchilov & Hutter 2017, "SGDR".
 *
 * @param options.end - Factor at the last step. Default 0.
 */
export function cosine({ end = 0 }: { readonly end?: number } = {}): Schedule {
  requireWithin("cosine", "end", end, 0);
  return {
    name: "cosine",
    settings: { end },
    factor: ({ step, totalSteps }) => end + ((1 - end) * (1 + Math.cos((Math.PI * step) / totalSteps))) / 2,
  };
}

/**
 * Up to 1 and down again, both by half cosines. Source: Smith & Topin 2018, "Super-convergence".
 *
 * @param options.rise - Share of the steps that go up. Default 0.3.
 * @param options.start - Factor at the start. Default 1/25.
 * @param options.end - Factor at the end. Default 1e-4.
 */
export function oneCycle({
  rise = 0.3,
  start = 0.04,
  end = 1e-4,
}: {
  readonly rise?: number;
  readonly start?: number;
  readonly end?: number;
} = {}): Schedule {
  requireWithin("oneCycle", "rise", rise, 0, 1);
  requireWithin("oneCycle", "start", start, 0);
  requireWithin("oneCycle", "end", end, 0);
  const glide = (from: number, to: number, share: number): number =>
    to + ((from - to) * (1 + Math.cos(Math.PI * share))) / 2;
  return {
    name: "oneCycle",
    settings: { rise, start, end },
    factor({ step, totalSteps }) {
      const top = rise * totalSteps;
      return step < top
        ? glide(start, 1, step / top)
        : glide(1, end, (step - top) / Math.max(1, totalSteps - top));
    },
  };
}

/** × `factor` after every `epochs` epochs. */
export function stepDown({
  epochs,
  factor = 0.1,
}: {
  readonly epochs: number;
  readonly factor?: number;
}): Schedule {
  requireCount("stepDown", "epochs", epochs);
  requireWithin("stepDown", "factor", factor, 0);
  return {
    name: "stepDown",
    settings: { epochs, factor },
    factor: ({ step, stepsPerEpoch }) => factor ** Math.floor(step / stepsPerEpoch / epochs),
  };
}

/** × `factor` when the watched value has not improved for `patience` epochs. */
export function plateau({
  patience = 5,
  factor = 0.3,
}: {
  readonly patience?: number;
  readonly factor?: number;
} = {}): Schedule {
  requireCount("plateau", "patience", patience);
  requireWithin("plateau", "factor", factor, 0, 1, true);
  return {
    name: "plateau",
    watches: true,
    settings: { patience, factor },
    factor({ watched }) {
      let best = Infinity;
      let since = 0;
      let falls = 0;
      for (const value of watched) {
        if (value < best) {
          best = value;
          since = 0;
        } else if (++since >= patience) {
          falls++;
          since = 0;
        }
      }
      return factor ** falls;
    },
  };
}

/** Rises from 0 over the first steps, and follows another schedule from there. */
export function warmUp(steps: number, then: Schedule): Schedule {
  requireCount("warmUp", "steps", steps);
  return {
    name: `warmUp+${then.name}`,
    ...(then.watches === true && { watches: true }),
    settings: { steps, ...then.settings },
    factor: (point) =>
      point.step < steps ? ((point.step + 1) / steps) * then.factor(point) : then.factor(point),
  };
}

/** @throws MillwrightError `PARAMETER_RANGE` where a schedule of the user's own gives no usable factor. */
export function factorAt(schedule: Schedule, point: SchedulePoint): number {
  const factor = schedule.factor(point);
  if (factor >= 0 && Number.isFinite(factor)) return factor;
  throw new MillwrightError(
    "PARAMETER_RANGE",
    `The schedule "${schedule.name}" gives the factor ${factor} at step ${point.step + 1}.`,
    "Give finite factors of at least 0.",
  );
}
