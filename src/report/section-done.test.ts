import { expect, test } from "vitest";
import { multiclassData } from "../../test/fixtures/report-data.ts";
import { limitations, whatWasDone } from "./section-done.ts";
import { toPlain } from "./text.ts";

const given = multiclassData();
const table = { ...given, noun: undefined, split: { ...given.split, kind: "random" as const } };
const media = {
  ...table,
  noun: { one: "picture", many: "pictures" },
  data: { ...table.data, sources: ["photos"], columns: 1, usedColumns: 1 },
};

test("a table is told with its columns, and pictures without", () => {
  expect(toPlain(whatWasDone(table))).toMatch(
    /^Millwright read [\d,]+ rows with \d+ columns from .* and used/,
  );
  expect(toPlain(whatWasDone(media))).toMatch(/^Millwright read [\d,]+ pictures from "photos" to predict "/);
});

test("what cannot be told speaks of a table only where there is one", () => {
  const told = (data: typeof media | typeof table): string => limitations(data).map(toPlain).join(" ");
  expect(told(table)).toMatch(/the same table: .* not errors in the table itself\./);
  expect(told(media)).toMatch(/the same source: .* not errors in the pictures themselves\./);
  expect(told(media)).not.toContain("table");
});
