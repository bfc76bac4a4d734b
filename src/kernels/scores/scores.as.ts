// Adds a leaf's value to the scores of its rows.

/** scores[rows[i]] += value for begin ≤ i < end. */
export function addToScores(scores: usize, rows: usize, begin: u32, end: u32, value: f64): void {
  for (let i = begin; i < end; i++) {
    const at = scores + (<usize>load<u32>(rows + (<usize>i << 2)) << 3);
    store<f64>(at, load<f64>(at) + value);
  }
}
