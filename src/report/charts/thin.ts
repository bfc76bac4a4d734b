/**
 * Fewer points for the same line.
 *
 * A ROC curve of a million rows has as many steps; a picture shows about one a pixel.
 * Points are kept evenly along the length of the line in the unit square, so that
 * steep parts and wiggles keep theirs, first and last always.
 */

/** At most about `limit` of the points, in their order. */
export function thinCurve(
  x: readonly number[],
  y: readonly number[],
  limit: number,
): (readonly [number, number])[] {
  const points = x.map((value, i) => [value, y[i] ?? value] as const);
  if (points.length <= limit) return points;
  const steps = points.map(([px, py], i) => {
    const before = points[Math.max(0, i - 1)]!;
    return Math.hypot(px - before[0], py - before[1]);
  });
  const stride = steps.reduce((sum, step) => sum + step, 0) / (limit - 1);
  let travelled = 0;
  let next = stride;
  return points.filter((_, i) => {
    travelled += steps[i]!;
    if (i === 0 || i === points.length - 1) return true;
    if (travelled < next) return false;
    next = travelled + stride;
    return true;
  });
}
