import { describe, expect, test } from "vitest";
import * as nn from "./index.ts";

const at = (schedule: nn.Schedule, step: number, watched: readonly number[] = []): number =>
  schedule.factor({ step, totalSteps: 100, stepsPerEpoch: 10, watched });

describe("schedules", () => {
  test("cosine falls from 1 to its end, half-way in the middle", () => {
    const schedule = nn.cosine({ end: 0.1 });
    expect(at(schedule, 0)).toBe(1);
    expect(at(schedule, 50)).toBeCloseTo(0.55, 12);
    expect(at(schedule, 100)).toBeCloseTo(0.1, 12);
  });

  test("one cycle rises for its share and falls to its end", () => {
    const schedule = nn.oneCycle({ rise: 0.3, start: 0.04, end: 0 });
    expect(at(schedule, 0)).toBeCloseTo(0.04, 12);
    expect(at(schedule, 30)).toBeCloseTo(1, 12);
    expect(at(schedule, 65)).toBeCloseTo(0.5, 12);
    expect(at(schedule, 100)).toBeCloseTo(0, 12);
  });

  test("step down counts whole epochs", () => {
    const schedule = nn.stepDown({ epochs: 3, factor: 0.5 });
    expect([0, 29, 30, 59, 60].map((step) => at(schedule, step))).toEqual([1, 1, 0.5, 0.5, 0.25]);
  });

  test("plateau falls after epochs without a better one, and counts anew from there", () => {
    const schedule = nn.plateau({ patience: 2, factor: 0.1 });
    expect(at(schedule, 0, [3, 2, 2.5])).toBe(1);
    expect(at(schedule, 0, [3, 2, 2.5, 2.5])).toBeCloseTo(0.1, 12);
    expect(at(schedule, 0, [3, 2, 2.5, 2.5, 1.9, 2, 2])).toBeCloseTo(0.01, 12);
  });

  test("warm-up rises to the schedule behind it", () => {
    const schedule = nn.warmUp(4, nn.constantRate());
    expect([0, 1, 3, 4, 50].map((step) => at(schedule, step))).toEqual([0.25, 0.5, 1, 1, 1]);
  });
});
