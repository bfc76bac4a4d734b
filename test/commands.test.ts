/**
 * Every command end to end, as users run it: processes of the built program on small
 * tables made here. What `--json` prints is checked against docs/schemas.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRandom } from "../src/core/index.ts";
import type { JsonSchema } from "../src/model/index.ts";
import { findProblem } from "../src/model/json-schema.ts";
import { demoCsv, type RunRecord } from "../src/tasks/index.ts";
import { builtProgram, type Ran, runBuilt, runHere, startBuilt, temporaryFolder } from "./cli.ts";

const root = join(import.meta.dirname, "..");
const work = temporaryFolder();
const inWork = (name: string): string => join(work.path, name);
afterAll(() => work[Symbol.dispose]());

/** The document of a run with --json: one, of the schema, and nothing on stderr. */
function documentOf<T>(ran: Ran, schema: string): T {
  expect(ran.stderr).toBe("");
  expect(ran.code).toBe(0);
  const document = JSON.parse(ran.stdout) as T;
  const text = readFileSync(join(root, `docs/schemas/${schema}.json`), "utf8");
  expect(findProblem(JSON.parse(text) as JsonSchema, document, schema)).toBeUndefined();
  return document;
}

const csvRows = (path: string): string[][] =>
  readFileSync(path, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => line.split(","));

/** Shops, days and a price that depends on size, age and the shop's street. */
function priceTable(rowCount: number, seed: number): string {
  const random = createRandom(seed);
  const lines = ["flat,shop,day,zip,size,age,agents_note,weight,price,price_band,sold"];
  for (let row = 0; row < rowCount; row++) {
    const shop = random.integer(12);
    const size = 20 + Math.floor(80 * random.next());
    const age = Math.floor(40 * random.next());
    const day = new Date(Date.UTC(2025, 0, 1) + row * 86_400_000).toISOString().slice(0, 10);
    const price = 900 + 30 * size - 20 * age + 40 * shop + 60 * random.normal();
    const band = price < 2000 ? 1 : price < 3200 ? 2 : 3;
    const sold = price + 400 * random.normal() < 2500 ? "yes" : "no";
    const note = ["bright", "quiet street", "needs work"][random.integer(3)]!;
    lines.push(
      [
        `F${row}`,
        `shop ${shop}`,
        day,
        1000 + (shop % 4),
        size,
        age,
        note,
        1 + (row % 3),
        price.toFixed(0),
        band,
        sold,
      ].join(","),
    );
  }
  return `${lines.join("\n")}\n`;
}

let first: Ran;
beforeAll(async () => {
  writeFileSync(inWork("customers.csv"), demoCsv(600));
  writeFileSync(inWork("flats.csv"), priceTable(400, 1));
  writeFileSync(inWork("later flats.csv"), priceTable(120, 2));
  first = await runBuilt(["train", "customers.csv", "--target", "left", "--budget", "2", "--out", "out"], {
    cwd: work.path,
  });
}, 120_000);

const record = (folder: string): RunRecord =>
  JSON.parse(readFileSync(inWork(`${folder}/run.json`), "utf8")) as RunRecord;

describe("train, as text", () => {
  test("ends with 0, three whole files and a board", () => {
    expect(first.code, first.stderr).toBe(0);
    expect(readdirSync(inWork("out")).sort()).toEqual(["model.onnx", "report.html", "run.json"]);
    const board = record("out").leaderboard.map((entry) => entry.family);
    expect(board).toContain("baseline");
    for (const { name } of record("out").leaderboard) expect(first.stdout).toContain(name);
    expect(first.stdout).toMatch(/^leak refund_after_leaving: .*--keep refund_after_leaving$/m);
    expect(first.stdout).toMatch(
      /with refund_after_leaving we would have reported ROC AUC \S+; without it 0\./,
    );
    const { untriedNetworks, versus } = record("out");
    expect(untriedNetworks).toMatch(
      /^No network was tried: the budget ends before perceptron; --budget \d+ reaches it\.$/,
    );
    expect(versus).toBeUndefined();
    expect(first.stdout).toContain(`\n${untriedNetworks}\n`);
    expect(readFileSync(inWork("out/report.html"), "utf8")).toContain("No network was tried");
    expect(first.stdout).not.toContain("\u001b");
  });

  test("stderr has one line a stage", () => {
    const stages = first.stderr.trimEnd().split("\n");
    expect(stages[0]).toBe("read the table");
    expect(stages.at(-1)).toBe("draw the report");
    expect(new Set(stages).size).toBe(stages.length);
  });

  test("the last lines are commands that run", () => {
    const lines = first.stdout.trimEnd().split("\n").slice(-3);
    const commands = lines.map((line) => /npx millwright (.*)$/.exec(line)?.[1]);
    expect(commands.map((command) => command?.split(" ")[0])).toEqual(["train", "inspect", "predict"]);
    for (const command of commands.slice(1)) {
      const ran = spawnSync("sh", ["-c", `"${process.execPath}" "${builtProgram}" ${command}`], {
        cwd: work.path,
      });
      expect(ran.status, String(ran.stderr)).toBe(0);
    }
    expect(csvRows(inWork("predictions.csv"))).toHaveLength(601);
  });

  test("run.json is a document of the schema", () => {
    const schema = JSON.parse(readFileSync(join(root, "docs/schemas/train.json"), "utf8")) as JsonSchema;
    expect(findProblem(schema, record("out"))).toBeUndefined();
  });
});

describe("predict", () => {
  test("answers every row in order, without the target", async () => {
    const rows = csvRows(inWork("customers.csv"));
    const last = rows[0]!.length - 1;
    writeFileSync(inWork("new.csv"), rows.map((row) => row.slice(0, last).join(",")).join("\n"));
    const words = [
      "predict",
      inWork("out/model.onnx"),
      inWork("new.csv"),
      "-o",
      inWork("new answers.csv"),
      "--json",
    ];
    const { rows: count } = documentOf<{ rows: number }>(await runHere(words), "predict");
    const answers = csvRows(inWork("new answers.csv"));
    expect(count).toBe(600);
    expect(answers[0]).toEqual(["prediction", "probability_no", "probability_yes"]);
    expect(answers).toHaveLength(601);
    for (const [prediction, no, yes] of answers.slice(1)) {
      expect(Number(no) + Number(yes)).toBeCloseTo(1, 9);
      expect(prediction).toBe(Number(yes) >= 0.5 ? "yes" : "no");
    }
    // The answers of two halves, put together, are the answers of the whole: rows do not look at each other.
    const halves = [rows.slice(1, 301), rows.slice(301)].map((part, half) => {
      writeFileSync(inWork(`half${half}.csv`), [rows[0]!, ...part].map((row) => row.join(",")).join("\n"));
      return half;
    });
    const parts: string[][] = [];
    for (const half of halves) {
      const out = inWork(`half${half}-answers.csv`);
      const ran = await runHere(["predict", inWork("out/model.onnx"), inWork(`half${half}.csv`), "-o", out]);
      expect(ran.code, ran.stderr).toBe(0);
      parts.push(...csvRows(out).slice(1));
    }
    expect(parts).toEqual(answers.slice(1));
  });

  test("one thread and two give the same bytes", async () => {
    const bytes: string[] = [];
    for (const threads of ["1", "2"]) {
      const out = inWork(`threads${threads}.csv`);
      await runHere([
        "predict",
        inWork("out/model.onnx"),
        inWork("new.csv"),
        "-o",
        out,
        "--threads",
        threads,
      ]);
      bytes.push(readFileSync(out, "utf8"));
    }
    expect(bytes[0]).toBe(bytes[1]);
  });
});

describe("evaluate", () => {
  test("gives the figures of run.json on the rows of --test", async () => {
    const trained = await runBuilt(
      [
        "train",
        "flats.csv",
        "--target",
        "price",
        "--test",
        "later flats.csv",
        "--metric",
        "mae",
        "--families",
        "ridge",
      ]
        .concat([
          "--folds",
          "3",
          "--weight",
          "weight",
          "--drop",
          "sold,price_band",
          "--column",
          "zip=category",
        ])
        .concat([
          "--id",
          "flat",
          "--seed",
          "5",
          "--threads",
          "1",
          "--budget",
          "3",
          "--out",
          "regression",
          "--json",
        ]),
      { cwd: work.path },
    );
    const run = documentOf<RunRecord>(trained, "train");
    expect(run).toEqual(record("regression"));
    expect(run.metric.name).toBe("mae");
    expect(run.data).toMatchObject({ trainRows: 400, testRows: 120, folds: 3 });
    expect(new Set(run.leaderboard.map((entry) => entry.family))).toEqual(new Set(["baseline", "ridge"]));
    const column = (name: string) => run.columns.find((item) => item.name === name);
    expect(column("zip")).toMatchObject({ kind: "category", role: "feature" });
    expect(column("flat")).toMatchObject({ role: "id" });
    expect(column("weight")).toMatchObject({ role: "weight" });
    expect(column("sold")).toMatchObject({ role: "ignore" });
    const words = [
      "evaluate",
      inWork("regression/model.onnx"),
      inWork("later flats.csv"),
      "--metric",
      "mae",
      "--seed",
      "5",
    ];
    const { metrics, rows } = documentOf<RunRecord["test"]>(await runHere([...words, "--json"]), "evaluate");
    expect(rows).toBe(120);
    const values = (from: RunRecord["test"]["metrics"]) =>
      Object.fromEntries(from.map(({ name, value, low, high }) => [name, { value, low, high }]));
    expect(values(metrics)).toEqual(values(run.test.metrics));
    const text = await runHere(words);
    expect(text.stdout).toContain("model.onnx on 120 rows");
    expect(text.stdout.split("\n")[3]).toMatch(/^MAE|^Mean absolute error/i);
    const [header, row] = readFileSync(inWork("later flats.csv"), "utf8").split("\n");
    writeFileSync(inWork("one flat.csv"), `${header}\n${row}\n`);
    const one = ["evaluate", inWork("regression/model.onnx"), inWork("one flat.csv"), "--metric", "mae"];
    const single = documentOf<RunRecord["test"]>(await runHere([...one, "--json"]), "evaluate");
    expect(single.metrics[0]).toMatchObject({ name: "mae", low: null, high: null });
    const said = await runHere(one);
    expect(said.stdout).toMatch(/not defined.*\nnote: An interval is not defined where/s);
  }, 60_000);
});

describe("the options of train", () => {
  test("--positive, --cost, --group, --keep and --test-size", async () => {
    const trained = await runBuilt(
      [
        "train",
        inWork("flats.csv"),
        "--target",
        "sold",
        "--positive",
        "no",
        "--cost",
        "fp=1,fn=5",
        "--group",
        "shop",
      ]
        .concat([
          "--keep",
          "flat",
          "--test-size",
          "0.3",
          "--families",
          "logistic",
          "--drop",
          "price,price_band",
        ])
        .concat(["--budget", "2", "--out", inWork("binary"), "--json"]),
    );
    const run = documentOf<RunRecord>(trained, "train");
    expect(run.task).toMatchObject({ kind: "binary", positive: "no", classes: ["no", "yes"] });
    expect(run.task.threshold).toBeGreaterThan(0);
    expect(run.task.threshold).toBeLessThan(0.5);
    expect(run.columns.find((item) => item.name === "flat")!.role).toBe("feature");
    expect(run.data.testRows / 400).toBeGreaterThan(0.2);
    expect(run.data.testRows / 400).toBeLessThan(0.4);
    expect(run.data.split).toContain('"shop"');
    // Whole groups: the untouched rows are those of some shops. Each shop has about 33 rows.
    await runHere(["predict", inWork("binary/model.onnx"), inWork("flats.csv"), "-o", inWork("sold.csv")]);
    for (const [prediction, no] of csvRows(inWork("sold.csv")).slice(1)) {
      expect(prediction).toBe(Number(no) >= run.task.threshold! ? "no" : "yes");
    }
  }, 60_000);

  test("--time-column tests on the latest rows", async () => {
    const trained = await runBuilt(
      [
        "train",
        inWork("flats.csv"),
        "--target",
        "price",
        "--time-column",
        "day",
        "--families",
        "ridge",
      ].concat(["--drop", "sold,price_band", "--budget", "2", "--out", inWork("time"), "--json"]),
    );
    const run = documentOf<RunRecord>(trained, "train");
    expect(run.data.split).toContain('"day" orders the rows in time');
    expect(run.columns.find((item) => item.name === "day")!.role).toBe("time");
    const lines = readFileSync(inWork("flats.csv"), "utf8").trimEnd().split("\n");
    writeFileSync(inWork("latest.csv"), [lines[0]!, ...lines.slice(-run.data.testRows)].join("\n"));
    const words = ["evaluate", inWork("time/model.onnx"), inWork("latest.csv"), "--json"];
    const { metrics } = documentOf<RunRecord["test"]>(await runHere(words), "evaluate");
    expect(metrics[0]!.value).toBeCloseTo(run.test.metrics[0]!.value, 9);
  }, 60_000);

  test("--sql, --task and several families", async () => {
    const trained = await runBuilt(
      ["train", inWork("flats.csv"), "--sql", "SELECT size, age, shop, price_band FROM flats WHERE size > 25"]
        .concat(["--target", "price_band", "--task", "classification", "--families", "naiveBayes,tree,mlp"])
        .concat(["--folds", "3", "--budget", "4", "--out", inWork("bands")]),
    );
    expect(trained.code, trained.stderr).toBe(0);
    const run = record("bands");
    const schema = JSON.parse(readFileSync(join(root, "docs/schemas/train.json"), "utf8")) as JsonSchema;
    expect(findProblem(schema, run)).toBeUndefined();
    expect(run.task).toMatchObject({ kind: "multiclass", classes: ["1", "2", "3"] });
    expect(new Set(run.leaderboard.map((entry) => entry.family))).toEqual(
      new Set(["baseline", "naiveBayes", "tree", "mlp", ...(run.chosen === "ensemble" ? ["ensemble"] : [])]),
    );
    expect(run.versus).toMatchObject({ network: expect.stringMatching(/^perceptron/) as string });
    expect(run.versus!.sentence).toMatch(/^(The network pays|Classical (may be|is) enough): on \d+ rows /);
    expect(trained.stdout).toContain(`\n${run.versus!.sentence}\n`);
    expect(readFileSync(inWork("bands/report.html"), "utf8")).toContain(run.versus!.sentence.slice(0, 20));
    expect(run.data.columns).toBe(4);
    expect(run.reproduce).toContain("--sql 'SELECT size, age, shop, price_band FROM flats WHERE size > 25'");
    await runHere(["predict", inWork("bands/model.onnx"), inWork("flats.csv"), "-o", inWork("bands.csv")]);
    expect(csvRows(inWork("bands.csv"))[0]).toEqual([
      "prediction",
      "probability_1",
      "probability_2",
      "probability_3",
    ]);
  }, 60_000);
});

describe("class weights", () => {
  test("change what is learnt, stand in run.json and in the report, and come back in the command", async () => {
    const words = ["train", inWork("flats.csv"), "--target", "sold", "--drop", "price,price_band"].concat([
      "--families",
      "naiveBayes",
      "--json",
    ]);
    const plain = documentOf<RunRecord>(await runBuilt([...words, "--out", inWork("plain")]), "train");
    const weighed = documentOf<RunRecord>(
      await runBuilt([...words, "--class-weight", "no=4", "--out", inWork("weighed")]),
      "train",
    );
    expect(plain.task.classWeights).toBeUndefined();
    expect(weighed.task.classWeights).toEqual([
      { label: "no", weight: 4 },
      { label: "yes", weight: 1 },
    ]);
    expect(weighed.reproduce).toContain("--class-weight no=4");
    expect(weighed.model.sha256).not.toBe(plain.model.sha256);
    const recall = (run: RunRecord): number => run.test.metrics.find(({ name }) => name === "recall")!.value;
    expect(recall(weighed)).not.toBe(recall(plain));
    const report = readFileSync(inWork("weighed/report.html"), "utf8").replaceAll(/<[^>]+>/g, "");
    expect(report).toMatch(/Class weights.no. 4, .yes. 1 in training/);
  }, 60_000);
});

describe("a family that carries training rows", () => {
  test("is named with their number and size by the card, the report and inspect", async () => {
    const trained = await runBuilt(
      ["train", inWork("flats.csv"), "--target", "price", "--families", "nearestNeighbors"].concat([
        "--drop",
        "price_band,sold",
        "--out",
        inWork("near"),
      ]),
    );
    expect(trained.code, trained.stderr).toBe(0);
    const says = /nearest neighbours answers by [\d,]+ training rows in each of \d models, \d\.\d\d MB/;
    const report = readFileSync(inWork("near/report.html"), "utf8").replaceAll(/<[^>]+>/g, "");
    expect(report).toMatch(says);
    const { stdout } = await runHere(["inspect", inWork("near/model.onnx")]);
    expect(stdout).toMatch(/inside {2}nearest neighbours, 100 %; carries [\d,]+ training rows in each/);
    const { metadata } = JSON.parse(
      (await runHere(["inspect", inWork("near/model.onnx"), "--json"])).stdout,
    ) as { metadata: { card: { notes: string[] } } };
    expect(metadata.card.notes.join(" ")).toMatch(says);
    expect(metadata.card.notes.join(" ")).not.toContain("no record");
  }, 60_000);
});

describe("look", () => {
  test("shows columns, findings and likely targets as commands that run", async () => {
    const { stdout, code } = await runHere(["look", inWork("customers.csv")]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^customer_id +id \(id\)/m);
    expect(stdout.trimEnd().split("\n").at(-1)).toMatch(/^npx millwright train .* --target \S+$/);
    expect(stdout).toContain(`npx millwright train ${inWork("customers.csv")} --target left`);
  });

  test("--json names leaks of the target", async () => {
    const words = ["look", inWork("customers.csv"), "--target", "left", "--json"];
    const { findings, rows } = documentOf<{
      findings: { kind: string; column: string | null }[];
      rows: number;
    }>(await runHere(words), "look");
    expect(rows).toBe(600);
    expect(findings.filter(({ kind }) => kind === "leak").map(({ column }) => column)).toEqual([
      "refund_after_leaving",
    ]);
  });

  test("reads a file as it is told, and passes that on", async () => {
    const text = "1~x~2024-02-01\n2~y~2024-02-13\n".repeat(20);
    writeFileSync(inWork("odd.dat"), Buffer.from(text, "utf16le"));
    const flags = ["--format", "csv", "--encoding", "utf-16le", "--delimiter", "~", "--no-header"];
    const words = ["look", inWork("odd.dat"), ...flags, "--column", "column_1=category", "--json"];
    const { columns, next } = documentOf<{ columns: { name: string; kind: string }[]; next: string[] }>(
      await runHere(words),
      "look",
    );
    expect(columns.map(({ name, kind }) => [name, kind])).toEqual([
      ["column_1", "category"],
      ["column_2", "category"],
      ["column_3", "datetime"],
    ]);
    expect(next[0]).toContain(
      "--format csv --encoding utf-16le --delimiter '~' --no-header --column column_1=category",
    );
  });

  test("a cell of a megabyte is a cell", async () => {
    writeFileSync(inWork("large.csv"), `id,text\n1,${"x".repeat(1 << 20)}\n2,short\n`);
    const { columns } = documentOf<{ columns: { present: number }[] }>(
      await runHere(["look", inWork("large.csv"), "--json"]),
      "look",
    );
    expect(columns.map(({ present }) => present)).toEqual([2, 2]);
  });
});

describe("inspect, types, doctor, demo", () => {
  test("inspect --json holds ports and metadata; --graph adds the graph", async () => {
    const words = ["inspect", inWork("out/model.onnx"), "--graph", "--json"];
    const { metadata, inputs, graph } = documentOf<{
      metadata: { task: { target: string } };
      inputs: { name: string }[];
      graph: string;
    }>(await runHere(words), "inspect");
    expect(metadata.task.target).toBe("left");
    expect(inputs.map(({ name }) => name)).toContain("monthly_fee");
    expect(graph).toContain("monthly_fee");
    const { stdout } = await runHere(words.slice(0, 2));
    expect(stdout).toMatch(/^takes {3}monthly_fee +number$/m);
    expect(stdout).toMatch(/^ignores refund_after_leaving +it gives the target away$/m);
  });

  test("types writes a module with the schema under the file's name", async () => {
    const out = inWork("customers.ts");
    documentOf(await runHere(["types", inWork("out/model.onnx"), "-o", out, "--json"]), "types");
    const module = readFileSync(out, "utf8");
    expect(module).toContain("export const customers = ");
    expect(module).toContain("monthly_fee");
  });

  test("doctor finds what the main job needs", async () => {
    const { ok, checks } = documentOf<{ ok: boolean; checks: { name: string; ok: boolean }[] }>(
      await runBuilt(["doctor", "--json"]),
      "doctor",
    );
    expect(ok).toBe(true);
    expect(checks.find(({ name }) => name === "graphs run")!.ok).toBe(true);
    const { stdout } = await runBuilt(["doctor"]);
    expect(stdout).toMatch(/^ok +graphs run/m);
  });
});

describe("exit codes", () => {
  test("--help and --version end with 0", async () => {
    for (const words of [["--help"], ["--version"], ["train", "--help"], ["help", "look"]]) {
      const { code, stdout, stderr } = await runBuilt(words);
      expect({ code, stderr }, words.join(" ")).toEqual({ code: 0, stderr: "" });
      expect(stdout.length).toBeGreaterThan(3);
    }
  });

  test("a mistake ends with 1 and one line; with --json also with a document", async () => {
    const words = ["look", inWork("custmers.csv")];
    const text = await runBuilt(words);
    expect(text).toMatchObject({ code: 1, stdout: "" });
    expect(text.stderr.trimEnd().split("\n").at(-1)).toMatch(
      /^error: .*customers\.csv.*\[SOURCE_NOT_FOUND\]$/,
    );
    const json = await runBuilt([...words, "--json"]);
    expect(json.code).toBe(1);
    const schema = JSON.parse(readFileSync(join(root, "docs/schemas/error.json"), "utf8")) as JsonSchema;
    expect(findProblem(schema, JSON.parse(json.stdout))).toBeUndefined();
    expect(json.stderr).toMatch(/^error: [^\n]*\n$/);
  });

  test("a defect ends with 2, says so, and shows where", async () => {
    // A folder of Node's own that is no file makes the runtime throw what nobody foresaw.
    const preload = inWork("break.mjs");
    writeFileSync(preload, 'process.stdout.write = () => { throw new TypeError("planted"); };\n');
    const { code, stderr } = await runBuilt(["doctor"], { env: { NODE_OPTIONS: `--import ${preload}` } });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^defect: .*not yours.*report it/);
    expect(stderr).toContain("TypeError: planted");
  });
});

describe("what is left when a run ends badly", () => {
  const partials = (folder: string): string[] =>
    readdirSync(folder).filter((name) => name.endsWith(".partial"));

  test("Ctrl-C keeps the best so far, in whole files", async () => {
    mkdirSync(inWork("tmp"), { recursive: true });
    const running = startTraining("interrupted");
    await said(running.stderr, "try logistic");
    running.process.kill("SIGINT");
    const { code, stdout, stderr } = await running.ended;
    expect(code, stderr).toBe(0);
    expect(stderr).toContain("stopping: keeping the best so far");
    expect(stdout).toContain("again, same file:");
    const run = record("interrupted");
    expect(run.budget.stoppedBy).toBe("signal");
    expect(run.leaderboard.length).toBeGreaterThan(0);
    expect(run.skipped.some(({ reason }) => reason === "no time left")).toBe(true);
    expect(readdirSync(inWork("interrupted")).sort()).toEqual(["model.onnx", "report.html", "run.json"]);
    const inspected = await runHere(["inspect", inWork("interrupted/model.onnx")]);
    expect(inspected.code, inspected.stderr).toBe(0);
    expect(readdirSync(inWork("tmp")).filter((name) => name.startsWith("millwright-race"))).toEqual([]);
  }, 60_000);

  test("a second Ctrl-C ends at once; old results stay, the rows leave the temporary folder", async () => {
    mkdirSync(inWork("given up"), { recursive: true });
    const yesterday = readFileSync(inWork("out/model.onnx"));
    writeFileSync(inWork("given up/model.onnx"), yesterday);
    // The second comes with the words that ask for it: later, the run may be over, and Ctrl-C have its usual meaning.
    const preload = inWork("again.mjs");
    writeFileSync(
      preload,
      `const write = process.stderr.write.bind(process.stderr);
       process.stderr.write = (text, ...rest) => {
         if (String(text).includes("press Ctrl-C again")) process.kill(process.pid, "SIGINT");
         return write(text, ...rest);
       };`,
    );
    const running = startTraining("given up", { NODE_OPTIONS: `--import ${preload}` });
    await said(running.stderr, "try logistic");
    running.process.kill("SIGINT");
    await running.ended;
    expect(running.stderr()).toContain("press Ctrl-C again");
    expect(running.process.signalCode).toBe("SIGKILL");
    expect(readdirSync(inWork("given up"))).toEqual(["model.onnx"]);
    expect(Buffer.compare(readFileSync(inWork("given up/model.onnx")), yesterday)).toBe(0);
    await until(() => !readdirSync(inWork("tmp")).some((name) => name.startsWith("millwright-race")));
  }, 60_000);

  test("a killed run leaves nothing half-written, and the next one sweeps its temporary files", async () => {
    const running = startTraining("killed");
    await said(running.stderr, "try ");
    running.process.kill("SIGKILL");
    await running.ended;
    expect(readdirSync(inWork("killed"))).toEqual([]);
    const dead = running.process.pid!;
    writeFileSync(inWork(`killed/.${dead}.0.partial`), "half a mod");
    writeFileSync(inWork(`killed/.${process.pid}.0.partial`), "someone is still writing");
    const out = inWork("killed/answers.csv");
    const { code } = await runHere(["predict", inWork("out/model.onnx"), inWork("customers.csv"), "-o", out]);
    expect(code).toBe(0);
    expect(partials(inWork("killed"))).toEqual([]);
  }, 60_000);

  test("a file that grows beyond what the system lets is one error, and the old one stays", () => {
    writeFileSync(inWork("quota.csv"), "the answers of yesterday\n");
    const command = `ulimit -f 8; exec "${process.execPath}" "${builtProgram}" predict out/model.onnx customers.csv -o quota.csv`;
    const { status, stderr } = spawnSync("sh", ["-c", command], { cwd: work.path, encoding: "utf8" });
    expect(status).toBe(1);
    expect(stderr).toMatch(/error: quota\.csv cannot be written: .*too large.*--out.*\[OUTPUT_UNWRITABLE\]/);
    expect(readFileSync(inWork("quota.csv"), "utf8")).toBe("the answers of yesterday\n");
    expect(partials(work.path)).toEqual([]);
  });

  function startTraining(out: string, env: Readonly<Record<string, string>> = {}) {
    writeFileSync(inWork("many.csv"), demoCsv(3000, 4));
    mkdirSync(inWork("tmp"), { recursive: true });
    return startBuilt(["train", "many.csv", "--target", "left", "--budget", "200", "--out", out], {
      cwd: work.path,
      env: { TMPDIR: inWork("tmp"), ...env },
    });
  }
});

async function until(holds: () => boolean): Promise<void> {
  const end = performance.now() + 30_000;
  while (!holds()) {
    if (performance.now() > end) throw new Error("waited 30 s in vain");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const said = (stderr: () => string, words: string): Promise<void> => until(() => stderr().includes(words));
