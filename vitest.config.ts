import { defineConfig } from "vitest/config";
import { tellsWhatDidNotRun } from "./test/needs.ts";

const shared = { pool: "forks" as const, maxWorkers: 2, testTimeout: 60_000, hookTimeout: 60_000 };

export default defineConfig({
  test: {
    reporters: ["default", tellsWhatDidNotRun],
    projects: [
      {
        test: {
          ...shared,
          name: "default",
          include: ["src/**/*.test.ts", "test/**/*.test.ts"],
          exclude: ["**/*.slow.test.ts"],
        },
      },
      {
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
