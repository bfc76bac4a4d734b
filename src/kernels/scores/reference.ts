/** The plain reference of the score kernel. */
export function addToScoresReference(scores: Float64Array, rows: Uint32Array, value: number): void {
  for (const row of rows) scores[row]! += value;
}
