/** How much of a time that was given a race may take. */

/**
 * Seconds of the race: what is left, less what composing, judging and explaining need afterwards. On a
 * busy machine little may be left of a short time; the promise has 5 seconds of slack, so some of them are used.
 */
export function raceSeconds(time: number, secondsLeft: number): number {
  const finishing = Math.min(60, Math.max(3, 0.2 * time));
  return Math.max(Math.min(2, time), secondsLeft - finishing);
}
