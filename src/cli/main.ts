#!/usr/bin/env node
/** The program that npm links as `millwright`. */
import { runCommand } from "./program.ts";
import { report } from "./run.ts";

// A reader that closed the pipe early (`millwright look data.csv | head`) has seen enough.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});
process.on("uncaughtException", (error) => process.exit(report(error, false)));

process.exitCode = await runCommand(process.argv.slice(2));
