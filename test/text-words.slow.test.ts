/** The report of a table with texts: the words that the file rests on are named, those of single rows are not. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { createRandom } from "../src/core/index.ts";
import { runBuilt, temporaryFolder } from "./cli.ts";

const work = temporaryFolder();
afterAll(() => work[Symbol.dispose]());

/** Two columns of texts and a number; the kind follows from words of both, and each row has words of its own. */
function letters(rowCount: number): string {
  const random = createRandom(12);
  const stock = "we met on monday and then they had to go home since it was late again today".split(" ");
  const sentence = (): string[] =>
    Array.from({ length: 6 + random.integer(5) }, () => stock[random.integer(stock.length)]!);
  const lines = ["subject,body,pages,kind"];
  for (let row = 0; row < rowCount; row++) {
    const order = row % 2 === 0;
    const subject = sentence();
    const body = sentence();
    const sure = random.next() < 0.6;
    if (sure) subject.push(order ? "Purchase" : "Greetings");
    if (!sure || random.next() < 0.5) body.push(order ? "invoice" : "regards");
    body.push(`zyx${(row * 7919).toString(36)}`);
    lines.push(
      `${subject.join(" ")},${body.join(" ")},${1 + random.integer(9)},${order ? "order" : "letter"}`,
    );
  }
  return `${lines.join("\n")}\n`;
}

test("names the planted words of both columns, and no word of a single row", async () => {
  const table = join(work.path, "letters.csv");
  writeFileSync(table, letters(400));
  const out = join(work.path, "out");
  const { code, stderr } = await runBuilt([
    ...["train", table, "--target", "kind", "--positive", "order"],
    ...["--families", "logistic", "--budget", "4", "--out", out],
  ]);
  expect(code, stderr).toBe(0);
  const page = readFileSync(join(out, "report.html"), "utf8");
  const figure = /<figure class="half" id="words-1">[\s\S]*?<\/figure>/.exec(page)![0];
  expect(figure).toContain("Words for and against “<bdi>order</bdi>”");
  const drawn = [...figure.matchAll(/>([^<>]+) · (\w+) \(\d+\)</g)].map(
    ([, word, column]) => `${column}: ${word}`,
  );
  // Drawn from below: what speaks against most, up to what speaks for most.
  expect(drawn.slice(0, 2).sort()).toEqual(["body: regards", "subject: greetings"]);
  expect(drawn.slice(-2).sort()).toEqual(["body: invoice", "subject: purchase"]);
  expect(page).not.toMatch(/zyx/i);
  expect(readFileSync(join(out, "model.onnx"), "latin1")).not.toMatch(/zyx/i);
}, 600_000);
