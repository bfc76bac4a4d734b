import { expect, test } from "vitest";
import { boardOf, cutShort } from "./record.ts";

test.each([
  ["all epochs done", [{ ended: "done" }], [], false],
  ["no better epoch for long", [{ ended: "patience" }], [], false],
  ["one of them stopped", [{ ended: "done" }, { ended: "aborted" }], [], true],
  ["no time for one of them", [{ ended: "done" }], ["tcn"], true],
  ["no time for any", [], ["lstm", "gru", "tcn"], true],
] as const)("a race is cut short: %s", (_, networks, skipped, expected) => {
  expect(cutShort(networks, skipped)).toBe(expected);
});

test("a board has ranks in the order given, and seconds in tenths", () => {
  const rows = [
    { name: "lstm", family: "network", score: 2, seconds: 1.26 },
    { name: "mean", family: "baseline", score: 3, seconds: 0 },
  ] as const;
  expect(boardOf(rows)).toEqual([
    { rank: 1, name: "lstm", family: "network", score: 2, seconds: 1.3 },
    { rank: 2, name: "mean", family: "baseline", score: 3, seconds: 0 },
  ]);
});
