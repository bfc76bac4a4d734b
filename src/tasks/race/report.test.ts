import { expect, test } from "vitest";
import { simplerModel } from "./report.ts";

const versus = { network: "net", classical: "forest", gain: -0.02, low: -0.05, high: 0.01 };
const entry = (name: string, score: number) => ({ name, score: { value: score } });

test("the report tells a classical model that was chosen, and one beside a network, and none beside another", () => {
  const leaderboard = [entry("net", 0.8), entry("forest", 0.7)] as never;
  const told = { ...versus, timeRatio: 2, sentence: "" };
  const simpler = { name: "forest", difference: { value: -0.02, low: -0.05, high: 0.01 }, withinNoise: true };
  for (const chosen of ["net", "forest"])
    expect(simplerModel({ leaderboard, chosen }, told)).toMatchObject(simpler);
  expect(simplerModel({ leaderboard, chosen: "baseline" }, told)).toBeUndefined();
});
