import { expect, test } from "vitest";
import { bareKernels } from "../testing.ts";
import { addToScoresReference } from "./reference.ts";

test("adds to the listed rows and to no other", () => {
  const { memory, call, put } = bareKernels();
  const scores = Float64Array.of(1, 2, 3, 4, 5);
  const rows = Uint32Array.of(4, 0, 2, 1);
  const at = put(scores);
  call["addToScores"]!(at, put(rows), 1, 3, 0.25);
  addToScoresReference(scores, rows.subarray(1, 3), 0.25);
  expect([...memory.f64(at, 5)]).toEqual([...scores]);
});
