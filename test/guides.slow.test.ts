/** Every command and program of the guides does what the guide says. */
import { expect, test } from "vitest";
import { describePage, isGuide, pages } from "./docs/run-page.ts";

const guides = pages.filter(isGuide);

test("the guides were found", () => {
  expect(guides.length).toBeGreaterThanOrEqual(7);
});

for (const guide of guides) describePage(guide);
