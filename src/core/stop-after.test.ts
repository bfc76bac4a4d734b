import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { stopAfter } from "./index.ts";

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

test("the time ends though nobody but us holds the clock, and garbage is collected", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const user = new AbortController();
  const signal = stopAfter(50, user.signal);
  while (!signal.aborted) {
    collect();
    await pause(10);
  }
  expect(signal.reason).toMatchObject({ name: "TimeoutError" });
  expect(user.signal.aborted).toBe(false);
});

test("another signal ends it before, with its own reason", async () => {
  const user = new AbortController();
  const signal = stopAfter(1e12, user.signal);
  await pause(5);
  expect(signal.aborted).toBe(false);
  user.abort("stop");
  expect(signal.reason).toBe("stop");
  expect(stopAfter(1e6, user.signal).aborted).toBe(true);
});
