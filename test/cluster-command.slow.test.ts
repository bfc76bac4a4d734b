/**
 * `millwright cluster` end to end: real processes' command lines on tables whose groups are known, the file
 * through every command that reads one, and no record of a person in what it leaves.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRandom } from "../src/core/index.ts";
import { type JsonSchema, load } from "../src/model/index.ts";
import { findProblem } from "../src/model/json-schema.ts";
import type { ClusterRecord } from "../src/tasks/index.ts";
import { type Ran, runHere, temporaryFolder } from "./cli.ts";
import { missingPackage } from "./needs.ts";
import { plantedTable, secretsIn } from "./planted.ts";

const work = temporaryFolder();
const inWork = (name: string): string => join(work.path, name);
afterAll(() => work[Symbol.dispose]());
const schema = JSON.parse(
  readFileSync(join(import.meta.dirname, "../docs/schemas/cluster.json"), "utf8"),
) as JsonSchema;

/** Rows of three kinds of shop, in columns of several kinds; `kind` 3 has none. */
function shops(rowCount: number, seed: number, structured: boolean): { csv: string; kinds: number[] } {
  const random = createRandom(seed);
  const kinds: number[] = [];
  const lines = ["shop_id,size,visits,region,open,town"];
  for (let row = 0; row < rowCount; row++) {
    const kind = row % 3;
    kinds.push(kind);
    const draw = (): number => (structured ? kind : random.integer(3));
    const size = [50, 200, 900][draw()]! * Math.exp(0.15 * random.normal());
    const visits = [400, 30, 150][draw()]! + 12 * random.normal();
    const region = ["north", "south", "coast"][random.next() < 0.9 ? draw() : random.integer(3)]!;
    const open = random.next() < [0.9, 0.05, 0.1][draw()]!;
    lines.push(
      [
        `shop-${9000 + row}`,
        row % 37 === 0 ? "" : size.toFixed(1),
        visits.toFixed(1),
        region,
        open ? "yes" : "no",
        row % 200 === 3 ? `Rare-${row}` : "Town",
      ].join(","),
    );
  }
  return { csv: `${lines.join("\n")}\n`, kinds };
}

async function clustered(file: string, ...flags: string[]): Promise<ClusterRecord> {
  const ran: Ran = await runHere(["cluster", inWork(file), "--json", ...flags]);
  expect(ran.code, ran.stderr).toBe(0);
  expect(ran.stderr).toBe("");
  const record = JSON.parse(ran.stdout) as ClusterRecord;
  expect(findProblem(schema, record)).toBeUndefined();
  return record;
}

/** Share of rows whose label is the most common one of their kind. */
function agreement(labels: readonly unknown[], kinds: readonly number[]): number {
  let right = 0;
  for (const kind of new Set(kinds)) {
    const counts = new Map<unknown, number>();
    labels.forEach((label, i) => kinds[i] === kind && counts.set(label, (counts.get(label) ?? 0) + 1));
    right += Math.max(...counts.values());
  }
  return right / labels.length;
}

const table = shops(360, 1, true);
let record: ClusterRecord;
beforeAll(async () => {
  writeFileSync(inWork("shops.csv"), table.csv);
  record = await clustered("shops.csv", "--out", inWork("shops"));
}, 180_000);

describe("on rows of three kinds", () => {
  test("finds that there are three, which they are, and what they are", async () => {
    expect(record.clusters.map(({ label }) => label)).toEqual(["1", "2", "3"]);
    expect(record.structure.verdict).toBe("apart");
    expect(record.asked).toBeUndefined();
    expect(record.columns.find(({ name }) => name === "shop_id")!.role).not.toBe("feature");
    const said = record.clusters.flatMap(({ differences }) => differences.slice(0, 3).map((d) => d.column));
    expect(new Set(said)).toEqual(
      new Set(["size", "visits", "region", "open"].filter((c) => said.includes(c))),
    );
    expect(said).toContain("size");
    const ran = await runHere([
      "predict",
      inWork("shops/model.onnx"),
      inWork("shops.csv"),
      "-o",
      inWork("c.csv"),
    ]);
    expect(ran.code, ran.stderr).toBe(0);
    const [header, ...rows] = readFileSync(inWork("c.csv"), "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => line.split(","));
    expect(header).toEqual(["prediction", "distance_1", "distance_2", "distance_3"]);
    expect(
      agreement(
        rows.map(([label]) => label),
        table.kinds,
      ),
    ).toBeGreaterThan(0.98);
    for (const [label, ...distances] of rows) {
      const numbers = distances.map(Number);
      expect(numbers.indexOf(Math.min(...numbers))).toBe(Number(label) - 1);
    }
  });

  test("run.json is what --json prints, and the report tells the verdict and every cluster", () => {
    expect(JSON.parse(readFileSync(inWork("shops/run.json"), "utf8"))).toEqual(record);
    const html = readFileSync(inWork("shops/report.html"), "utf8");
    for (const words of ["Are there clusters?", "Yes.", "Cluster 3", "silhouette of a row is 1"])
      expect(html).toContain(words);
    const drawn = missingPackage("umap-js") === undefined;
    expect(html.includes("Which rows are alike")).toBe(drawn);
    expect(html.includes("npm install umap-js")).toBe(!drawn);
    if (!drawn) expect(record.neighborMap).toBeUndefined();
    else expect(record.neighborMap).toMatchObject({ rows: 360, neighbors: 15 });
  });

  test("the same command gives the same file, at any number of threads", async () => {
    const again = await clustered("shops.csv", "--out", inWork("again"), "--threads", "3");
    expect(again.model.sha256).toBe(record.model.sha256);
    expect(again.neighborMap).toEqual(record.neighborMap);
    const other = await clustered("shops.csv", "--out", inWork("again"), "--seed", "5");
    expect(other.clusters.map(({ rows }) => rows)).toEqual(record.clusters.map(({ rows }) => rows));
  });

  test("load, inspect and types know a clustering", async () => {
    const model = await load<never>(inWork("shops/model.onnx"));
    const row = { size: 45, visits: 400, region: "north", open: true, town: "Town" } as never;
    const answer = (await model.predictOne(row)) as unknown as {
      prediction: string;
      distances: Record<string, number>;
    };
    expect(Object.keys(answer)).toEqual(["prediction", "distances"]);
    expect(Object.keys(answer.distances)).toEqual(["1", "2", "3"]);
    await model.close();
    const seen = await runHere(["inspect", inWork("shops/model.onnx")]);
    expect(seen.stdout).toMatch(/which of 3 clusters.*from \d columns/);
    expect(seen.stdout).toContain("answers distances  float64 [batch, 3]");
    const typed = await runHere(["types", inWork("shops/model.onnx"), "-o", inWork("shops.ts")]);
    expect(typed.code, typed.stderr).toBe(0);
    expect(readFileSync(inWork("shops.ts"), "utf8")).toMatch(
      /cluster: category\(\{ role: "target", answers: "distances", labels: \["1", "2", "3"\] \}\)/,
    );
  });

  test.each([
    [["evaluate", "shops/model.onnx", "shops.csv"], /no column says what is right/],
    [["eject", "shops/model.onnx", "-o", "x.ts"], /only a file of `millwright train` can be ejected/],
    [["train", "shops.csv", "--like", "shops/model.onnx"], /can be fitted anew/],
    [["train", "shops.csv", "--target", "open", "--against", "shops/model.onnx"], /nothing to score/],
  ])("%j is refused", async (words, message) => {
    const here = words.map((word) => (/\.(onnx|csv|ts)$/.test(word) ? inWork(word) : word));
    const ran = await runHere([...here, ...(words[0] === "train" ? ["--out", inWork("t")] : [])]);
    expect(ran.code).toBe(1);
    expect(ran.stderr).toMatch(message);
  });

  test("--clusters, --columns and --drop do what they say", async () => {
    const four = await clustered("shops.csv", "--clusters", "4", "--out", inWork("four"));
    expect(four).toMatchObject({ asked: 4 });
    expect(four.clusters).toHaveLength(4);
    expect(four.counts).toBeUndefined();
    const two = await clustered("shops.csv", "--columns", "size,visits", "--out", inWork("two"));
    const compared = two.columns.filter(({ role }) => role === "feature").map(({ name }) => name);
    expect(compared).toEqual(["size", "visits"]);
    const dropped = await clustered("shops.csv", "--drop", "region", "--out", inWork("two"));
    expect(dropped.columns.find(({ name }) => name === "region")!.role).toBe("ignore");
    for (const [flags, message] of [
      [["--columns", "sise"], /"sise".*"size"/],
      [["--columns", "size", "--drop", "size"], /is dropped, and --columns names it too/],
      [["--clusters", "0"], /--clusters is "0"/],
      [["--method", "hdbscan", "--clusters", "3"], /finds the number itself/],
      [["--eps", "1"], /kmeans has no such parameter/],
    ] as const) {
      const ran = await runHere(["cluster", inWork("shops.csv"), ...flags, "--out", inWork("two")]);
      expect(ran.code).toBe(1);
      expect(ran.stderr).toMatch(message);
    }
  });
});

test.each(["mixture", "dbscan", "hdbscan"])(
  "--method %s finds the three kinds, and its file answers the rows again",
  async (method) => {
    const out = inWork(method);
    const found = await clustered("shops.csv", "--method", method, "--columns", "size,visits", "--out", out);
    expect(found.clusters).toHaveLength(3);
    const ran = await runHere([
      "predict",
      join(out, "model.onnx"),
      inWork("shops.csv"),
      "-o",
      inWork("m.csv"),
    ]);
    expect(ran.code, ran.stderr).toBe(0);
    const [header, ...rows] = readFileSync(inWork("m.csv"), "utf8").trimEnd().split("\n");
    expect(header).toBe(
      method === "mixture" ? "prediction,probability_1,probability_2,probability_3" : "prediction",
    );
    const labels = rows.map((line) => line.split(",")[0]!);
    const sizes = found.clusters.map(({ label }) => labels.filter((own) => own === label).length);
    expect(sizes).toEqual(found.clusters.map(({ rows: size }) => size));
    expect(labels.filter((label) => label === "-1")).toHaveLength(found.noise?.rows ?? 0);
    const seen = await runHere(["inspect", join(out, "model.onnx")]);
    expect(/carries \d+ training rows/.test(seen.stdout)).toBe(method !== "mixture");
  },
  120_000,
);

describe("on rows without groups", () => {
  test("independent columns are said to show no clusters", async () => {
    writeFileSync(inWork("mixed.csv"), shops(400, 2, false).csv);
    const ran = await runHere(["cluster", inWork("mixed.csv"), "--out", inWork("mixed")]);
    expect(ran.stdout).toContain("Warning: this table shows no clusters");
    expect(readFileSync(inWork("mixed/report.html"), "utf8")).toContain("The cut below is arbitrary");
  });

  test("one long cloud is said to be a continuum", async () => {
    const random = createRandom(4);
    const rows = Array.from({ length: 400 }, () => {
      const along = random.normal();
      return [0, 1, 2, 3].map(() => (along + 0.4 * random.normal()).toFixed(4)).join(",");
    });
    writeFileSync(inWork("cloud.csv"), `a,b,c,d\n${rows.join("\n")}\n`);
    const { structure } = await clustered("cloud.csv", "--out", inWork("cloud"));
    expect(structure.verdict).toBe("gradient");
    const flags = ["--method", "dbscan", "--eps", "6", "--out", inWork("region")];
    const one = await runHere(["cluster", inWork("cloud.csv"), ...flags]);
    expect(one.stdout).toContain("Warning: this table shows no clusters: one dense region");
    const html = readFileSync(inWork("region/report.html"), "utf8");
    expect(html).toContain("One dense region was found");
    expect(html).toContain("Every row belongs to one.");
  });

  test("the order of the rows is no finding: no flag of this command acts on it", async () => {
    const random = createRandom(6);
    const start = Date.UTC(2024, 0, 1);
    const days = Array.from({ length: 120 }, (_, row) => {
      const day = new Date(start + row * 864e5).toISOString().slice(0, 10);
      return `${day},${random.normal().toFixed(3)},${(random.normal() + 5 * (row % 2)).toFixed(3)}`;
    });
    writeFileSync(inWork("days.csv"), `day,a,b\n${days.join("\n")}\n`);
    const { findings } = await clustered("days.csv", "--clusters", "2", "--out", inWork("days"));
    expect(findings.map(({ kind }) => kind)).not.toContain("timeOrder");
    const seen = await runHere(["look", inWork("days.csv")]);
    expect(seen.stdout).toContain("timeOrder");
  });

  test("too few rows, and no column to compare by, are refused before any work", async () => {
    writeFileSync(inWork("few.csv"), `a,b\n${"1,2\n".repeat(5)}`);
    writeFileSync(inWork("ids.csv"), `a,b\n${Array.from({ length: 50 }, (_, i) => `x-${i},1`).join("\n")}\n`);
    for (const [file, message] of [
      ["few.csv", /5 rows, and clustering needs at least 20.*DATA_TOO_FEW_ROWS/],
      ["ids.csv", /No column is left to compare rows by.*DATA_EMPTY/],
    ] as const) {
      const ran = await runHere(["cluster", inWork(file), "--out", inWork("no")]);
      expect(ran.code).toBe(1);
      expect(ran.stderr).toMatch(message);
    }
  });
});

test("rows that do not fit into --memory are sampled, and the run says so", async () => {
  // 36 columns of 8 bytes, held twelve times over, are beyond 128 MB from 37,000 rows on.
  const width = 36;
  const random = createRandom(9);
  const numbers = Array.from({ length: width }, (_, j) => `n${j}`);
  const lines = Array.from({ length: 45_000 }, (_, row) => {
    const near = 40 * (row % 2);
    return numbers.map(() => 10 + near + random.integer(30)).join(",");
  });
  writeFileSync(inWork("tall.csv"), `${numbers.join(",")}\n${lines.join("\n")}\n`);
  const flags = ["--memory", "128MB", "--clusters", "2", "--columns", "n0,n1"];
  const found = await clustered("tall.csv", ...flags, "--out", inWork("tall"));
  const [sampled] = found.findings.filter(({ kind }) => kind === "sampledRows");
  expect(sampled?.numbers).toEqual({ count: found.data.rows, rows: 45_000 });
  expect(found.data).toMatchObject({ memory: 128e6, sampledFrom: 45_000 });
  expect(found.data.rows).toBeGreaterThan(20_000);
  expect(found.data.rows).toBeLessThan(40_000);
  expect(found.clusters.reduce((sum, { rows }) => sum + rows, 0)).toBe(found.data.rows);
  expect(found.reproduce).toContain("--memory 128MB");
}, 60_000);

test("no secret of a person is in model.onnx, report.html and run.json", async () => {
  const planted = plantedTable("left");
  writeFileSync(inWork("people.csv"), planted.csv);
  for (const flags of [[], ["--clusters", "9"]]) {
    await clustered("people.csv", "--out", inWork("people"), ...flags);
    for (const file of ["model.onnx", "report.html", "run.json"]) {
      const bytes = readFileSync(inWork(`people/${file}`));
      expect(bytes.length).toBeGreaterThan(1000);
      expect(secretsIn(bytes, planted), file).toEqual([]);
    }
  }
}, 180_000);
