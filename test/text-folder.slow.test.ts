/** Class folders of texts through the commands: learnt, answered by file, scored. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runBuilt, temporaryFolder } from "./cli.ts";

const work = temporaryFolder();
afterAll(() => work[Symbol.dispose]());
const at = (name: string): string => join(work.path, name);

beforeAll(async () => {
  const words = {
    letters: "regards and greetings from all of us",
    orders: "please send the invoice of this purchase",
  };
  for (const [label, text] of Object.entries(words)) {
    mkdirSync(join(at("mail"), label), { recursive: true });
    for (let i = 0; i < 60; i++)
      writeFileSync(
        join(at("mail"), label, `${i}.txt`),
        `On day ${i * 37}: ${text}, said number ${i % 7}.\n`,
      );
  }
  mkdirSync(at("new"));
  writeFileSync(join(at("new"), "1, first.txt"), "greetings to all of you");
  writeFileSync(join(at("new"), "2.txt"), "the invoice, please");
  writeFileSync(join(at("new"), "3.txt"), "zero\0 bytes");
  const { code, stderr } = await runBuilt([
    ...["train", at("mail"), "--families", "logistic", "--budget", "2", "--out", at("out")],
  ]);
  expect(code, stderr).toBe(0);
}, 600_000);

test("the names of folders are learnt, and the file reads texts", () => {
  const record = JSON.parse(readFileSync(join(at("out"), "run.json"), "utf8")) as {
    readonly reproduce: string;
    readonly task: { readonly target: string };
  };
  expect(record.task.target).toBe("label");
  expect(record.reproduce).toContain(`train ${at("mail")} --target label`);
});

test("texts of a folder in any layout are answered by name, and what is none is told", async () => {
  const { code, stderr, stdout } = await runBuilt([
    "predict",
    join(at("out"), "model.onnx"),
    at("new"),
    "-o",
    at("new.csv"),
  ]);
  expect(code, stderr).toBe(0);
  expect(stdout).toContain("left out: 3.txt holds zero bytes");
  const [header, ...lines] = readFileSync(at("new.csv"), "utf8").trim().split("\n");
  expect(header).toBe("file,prediction,probability_letters,probability_orders");
  expect(lines.map((line) => line.replace(/,0\..*$/, ""))).toEqual([
    '"1, first.txt",letters',
    "2.txt,orders",
  ]);
}, 60_000);

test("class folders are scored, and a sample is refused", async () => {
  const model = join(at("out"), "model.onnx");
  const scored = await runBuilt(["evaluate", model, at("mail"), "--json"]);
  expect(scored.code, scored.stderr).toBe(0);
  expect(JSON.parse(scored.stdout)).toMatchObject({ rows: 120 });
  const refused = await runBuilt([
    "predict",
    model,
    at("new"),
    "--sample",
    at("new.csv"),
    "-o",
    at("no.csv"),
  ]);
  expect(refused.stderr).toMatch(/--sample has no meaning.*PARAMETER_CONFLICT/s);
}, 60_000);
