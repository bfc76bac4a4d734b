/** How each class fares: read off the confusion matrix. */

/** Files of one class. */
export interface ClassFigures {
  readonly label: string;
  /** Files of the class. */
  readonly rows: number;
  /** Files that were answered by it. */
  readonly predicted: number;
  /** Share of those answered by it that are of it; NaN where none was. */
  readonly precision: number;
  /** Share of its files that were answered by it; NaN where there are none. */
  readonly recall: number;
  /** Harmonic mean of both; NaN where neither is defined. */
  readonly f1: number;
}

/** @param confusion - Row-major [actual, predicted], in the order of the classes. */
export function classFigures(classes: readonly string[], confusion: ArrayLike<number>): ClassFigures[] {
  const width = classes.length;
  return classes.map((label, c) => {
    let [rows, predicted] = [0, 0];
    for (let other = 0; other < width; other++) {
      rows += confusion[c * width + other]!;
      predicted += confusion[other * width + c]!;
    }
    const right = confusion[c * width + c]!;
    const share = (part: number, whole: number): number => (whole === 0 ? Number.NaN : part / whole);
    return {
      label,
      rows,
      predicted,
      precision: share(right, predicted),
      recall: share(right, rows),
      f1: share(2 * right, rows + predicted),
    };
  });
}
