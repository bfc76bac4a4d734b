import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { tellsWhatDidNotRun } from "./test/needs.ts";

/** The examples import the package by its name; here that is the sources. */
const resolve = {
  alias: [
    { find: /^millwright$/, replacement: join(import.meta.dirname, "src/index.ts") },
    { find: /^millwright\/(.+)$/, replacement: join(import.meta.dirname, "src/$1/index.ts") },
  ],
};
const docs = "test/docs.test.ts";
const shared = { pool: "forks" as const, maxWorkers: 2, testTimeout: 60_000, hookTimeout: 60_000 };

export default defineConfig({
  test: {
    reporters: ["default", tellsWhatDidNotRun],
    projects: [
      {
        resolve,
        test: {
          ...shared,
          name: "default",
          include: ["src/**/*.test.ts", "test/**/*.test.ts"],
          exclude: ["**/*.slow.test.ts", docs],
        },
      },
      // What the pages say, run as they say it: a part of `npm run check`.
      { resolve, test: { ...shared, name: "docs", include: [docs] } },
      {
        resolve,
        test: {
          ...shared,
          name: "slow",
          // One file after the other: some measure time.
          maxWorkers: 1,
          include: ["src/**/*.slow.test.ts", "test/**/*.slow.test.ts"],
          testTimeout: 900_000,
        },
      },
    ],
  },
});
