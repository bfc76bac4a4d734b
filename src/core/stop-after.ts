/** A signal with a clock. */

/** The longest time that a timer takes, in milliseconds; more would fire at once. */
const longest = 2 ** 31 - 1;

/**
 * A signal that aborts with another or after some time, whichever is first.
 *
 * In Node 20 `AbortSignal.any` holds what it is made of weakly: the signal of an `AbortSignal.timeout` that nobody else
 * holds is collected with its timer, and the time never ends.
 *
 * @param milliseconds - At least 1 is waited. The timer alone keeps no process alive.
 */
export function stopAfter(milliseconds: number, signal?: AbortSignal): AbortSignal {
  const controller = new AbortController();
  if (signal?.aborted === true) {
    controller.abort(signal.reason);
    return controller.signal;
  }
  const follow = (): void => {
    clearTimeout(timer);
    controller.abort(signal!.reason);
  };
  const end = (): void => {
    signal?.removeEventListener("abort", follow);
    controller.abort(new DOMException("The time is over.", "TimeoutError"));
  };
  const timer = setTimeout(end, Math.min(longest, Math.max(1, Math.floor(milliseconds))));
  timer.unref();
  signal?.addEventListener("abort", follow, { once: true });
  return controller.signal;
}
