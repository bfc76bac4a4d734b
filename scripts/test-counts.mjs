// Prints "PASSED FAILED" from a vitest JSON report, and on stderr the name of each failure.
import { readFileSync } from "node:fs";
import { relative } from "node:path";

const report = JSON.parse(readFileSync(process.argv[2], "utf8"));
let failed = report.numFailedTests;
for (const file of report.testResults) {
  const name = relative(process.cwd(), file.name);
  const failures = file.assertionResults.filter((test) => test.status === "failed");
  for (const test of failures) console.error(`FAILED ${name} > ${test.fullName}`);
  // A file that could not be loaded has no tests to fail.
  if (file.status === "failed" && failures.length === 0) {
    console.error(`FAILED ${name}: ${file.message}`);
    failed++;
  }
}
console.log(report.numPassedTests, failed);
