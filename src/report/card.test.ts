import { expect, test } from "vitest";
import { binaryData, multiclassData, oddColumns, regressionData } from "../../test/fixtures/report-data.ts";
import { modelCard } from "./card.ts";

test("the card has its sections in order, and the three lines first", () => {
  const card = modelCard(binaryData());
  expect([...card.matchAll(/^#+ (.*)$/gm)].map((match) => match[1])).toEqual([
    "Model card: predicting `churn`",
    "Data and training",
    "Scores on untouched rows",
    "Findings in the data",
    "Where it fails",
    "Limits",
    "What would make it better",
    "Reproduce",
  ]);
  expect(card).toMatch(
    /- \*\*How good it is\*\*: Of 100 customers where `churn` is `yes`, it finds \*\*\d+\*\*/,
  );
  expect(card).toContain("npx millwright train telco.csv --target churn --budget 1840 --seed 7");
});

test("it is short, and equal for equal data", () => {
  for (const data of [binaryData(), multiclassData(), regressionData()]) {
    expect(modelCard(data).length).toBeLessThan(6000);
    expect(modelCard(data)).toBe(modelCard(JSON.parse(JSON.stringify(data)) as typeof data));
  }
});

test("what is absent leaves no empty section", () => {
  const card = modelCard({
    ...multiclassData(),
    segments: undefined,
    learningCurve: undefined,
    leaderboard: [],
  });
  expect(card).not.toContain("## Findings");
  expect(card).not.toContain("## Where it fails");
  expect(card).not.toContain("## What would make it better");
  expect(card).not.toMatch(/\n\n\n/);
});

test("names cannot break out of their code span, table or fence", () => {
  const data = binaryData({ columns: oddColumns, classes: ["`no`", "y|es"], target: "``` <script>" });
  const card = modelCard({ ...data, run: { ...data.run, command: "train ``` \n# heading" } });
  expect(card).toContain("```` ``` <script> ````");
  expect(card).toContain("y\\|es");
  expect(card).not.toMatch(/^# heading/m);
  expect(card.match(/^```/gm)).toHaveLength(2);
});
