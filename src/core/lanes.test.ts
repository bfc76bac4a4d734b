import { Worker } from "node:worker_threads";
import { describe, expect, test } from "vitest";
import { openLanes } from "./lanes.ts";

/** A thread as `serveLane` makes it, in plain words: squares, what it cannot do, and two ways to die. */
const code = `
  const { parentPort } = require("node:worker_threads");
  parentPort.on("message", (asked) => {
    if (asked.end) return parentPort.close();
    const { id, request } = asked;
    if (request === "exit") process.exit(3);
    if (request === "throw") throw new Error("out of reach");
    if (request < 0) {
      const failure = { code: "DATA_BAD_VALUE", what: request + " is negative.", fix: "Give another." };
      return parentPort.postMessage({ id, failure });
    }
    setTimeout(() => parentPort.postMessage({ id, answer: request * request }), request % 3);
  });`;

const open = (threads: number) =>
  openLanes<number | string, number>(() => new Worker(code, { eval: true }), threads, "squares");

describe("openLanes", () => {
  test.each([1, 3])("%i threads answer each request with its own answer", async (threads) => {
    const lanes = open(threads);
    const given = Array.from({ length: 50 }, (_, i) => i);
    expect(await Promise.all(given.map((i) => lanes.ask(i)))).toEqual(given.map((i) => i * i));
    await lanes.close();
  });

  test("what a request cannot do is its error alone", async () => {
    const lanes = open(1);
    const asked = [lanes.ask(2), lanes.ask(-2), lanes.ask(3)];
    const settled = await Promise.allSettled(asked);
    expect(settled.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    await expect(asked[1]).rejects.toThrow("-2 is negative. Give another. [DATA_BAD_VALUE]");
    await lanes.close();
  });

  test.each([
    ["exit", "A thread that squares failed: it ended with code 3."],
    ["throw", "A thread that squares failed: out of reach."],
  ])(
    "a thread that dies by %s fails all that waits and all that comes, and closing does not wait for it",
    async (way, says) => {
      const lanes = open(1);
      const asked = [lanes.ask(4), lanes.ask(way), lanes.ask(5)];
      const settled = await Promise.allSettled(asked);
      expect(settled.at(-1)).toMatchObject({ status: "rejected", reason: { code: "WORKER_FAILED" } });
      await expect(asked[1]).rejects.toThrow(says);
      await expect(lanes.ask(6)).rejects.toThrow(says);
      await lanes.close();
    },
  );

  test("closing waits for what is on its way", async () => {
    const lanes = open(2);
    const asked = [1, 2, 5, 8].map((i) => lanes.ask(i));
    const ports = (): number =>
      process.getActiveResourcesInfo().filter((kind) => kind === "MessagePort").length;
    const before = ports();
    expect(await Promise.all(asked)).toEqual([1, 4, 25, 64]);
    await lanes.close();
    expect(ports()).toBeLessThan(before);
  });
});
