/** The examples as a user runs them: type-checked, started, asked; and a renamed column stops `tsc`. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectile } from "../examples/own/expectile.ts";
import { logRatio } from "../examples/own/log-ratio.ts";
import { nearestCentroid } from "../examples/own/nearest-centroid.ts";
import { shortageCost } from "../examples/own/shortage-cost.ts";
import { linearByLoss } from "../src/estimators/linear/index.ts";
import { boosting } from "../src/estimators/trees/index.ts";
import { trainTable } from "../src/tasks/index.ts";
import {
  type Check,
  familyConformance,
  lossConformance,
  metricConformance,
  stepConformance,
} from "../src/testing/index.ts";
import { typesModule } from "../src/model/index.ts";
import { describeWithBrowser } from "./browser.ts";
import { churnProbability, exampleColumns, makeChurnModel } from "./fixtures/churn-model.ts";

const root = join(import.meta.dirname, "..");
const examples = join(root, "examples");
// Beside examples/, so that packages and `millwright/…` are found from a copy too.
const folder = mkdtempSync(join(root, "test/tmp-examples-"));
const modelFile = join(folder, "churn.onnx");
let bytes: Uint8Array;
let expected: { readonly prediction: string; readonly Yes: number };

beforeAll(async () => {
  const model = await makeChurnModel(undefined, exampleColumns);
  bytes = model.bytes;
  writeFileSync(modelFile, bytes);
  expect(readFileSync(join(examples, "churn.ts"), "utf8")).toBe(typesModule(model.metadata, "churn.onnx"));
  const Yes = churnProbability({ tenure: 12, plan: "basic", signup: Date.UTC(2021, 3, 1) });
  expected = { prediction: Yes >= 0.5 ? "Yes" : "No", Yes };
});
afterAll(() => rmSync(folder, { recursive: true }));

test.each([
  ["Express handler", ["express.ts"]],
  ["Next.js route handler", ["next/app/api/predict/route.ts"]],
  ["browser page", ["browser/index.html", "browser/page.ts"]],
])("the %s has at most 20 lines", (_, files) => {
  const lines = files.flatMap((file) => readFileSync(join(examples, file), "utf8").trimEnd().split("\n"));
  expect(lines.length).toBeLessThanOrEqual(20);
});

describe("own algorithms", () => {
  test.each([
    ["nearest-centroid.ts", 30],
    ["log-ratio.ts", 15],
    ["expectile.ts", 15],
    ["shortage-cost.ts", 15],
  ])("%s has at most %i lines, and no any", (file, most) => {
    const text = readFileSync(join(examples, "own", file), "utf8");
    expect(text.trimEnd().split("\n").length).toBeLessThanOrEqual(most);
    expect(text).not.toMatch(/\bany\b|\bas\b|@ts-/);
  });

  const suites: Record<string, readonly Check[]> = {
    nearestCentroid: familyConformance(nearestCentroid),
    logRatio: stepConformance(logRatio(), { columnCount: 2 }),
    shortageCost: metricConformance(shortageCost),
    expectile: lossConformance(expectile(0.8)),
  };
  const checks = Object.entries(suites).flatMap(([name, suite]) =>
    suite.map((check) => [name, check.name, check] as const),
  );
  test.each(checks)("%s: %s", (_, _law, check) => check.run());

  test("stand on the board of a run, and in its file", async () => {
    const source = join(folder, "penguins.csv");
    const penguins = JSON.parse(
      readFileSync(
        fileURLToPath(new URL("../data/penguins.json", import.meta.resolve("vega-datasets"))),
        "utf8",
      ),
    ) as readonly Readonly<Record<string, string | number | null>>[];
    const names = Object.keys(penguins[0]!);
    const lines = penguins.map((row) => names.map((name) => row[name] ?? "").join(","));
    writeFileSync(source, [names.join(","), ...lines].join("\n"));
    const base = { source: [source], seed: 1, threads: 2, folds: 3 };
    const bills = { columns: ["Beak Length (mm)", "Beak Depth (mm)"], step: logRatio() };
    const species = await trainTable({
      ...base,
      target: "Species",
      families: ["tree", nearestCentroid()],
      steps: [bills],
    });
    expect(species.record.skipped).toEqual([]);
    const scores = Object.fromEntries(species.record.leaderboard.map(({ name, score }) => [name, score]));
    expect(scores["nearestCentroid"]).toBeLessThan(0.2);
    expect(scores["nearestCentroid"]).toBeLessThan(scores["baseline"]!);
    const mass = await trainTable({
      ...base,
      target: "Body Mass (g)",
      metric: shortageCost,
      families: ["ridge", boosting({ loss: expectile(0.8), rounds: 60 }), linearByLoss(expectile(0.8))],
    });
    expect(mass.record.skipped).toEqual([]);
    const costs = Object.fromEntries(mass.record.leaderboard.map(({ name, score }) => [name, score]));
    // Ridge answers the mean; an expectile above it costs less where a shortage costs four times as much.
    expect(costs["linear, expectile@0.8"]).toBeLessThan(costs["ridge"]!);
    expect(mass.record.test.metrics[0]!.name).toBe("shortageCost");
    expect(mass.report.leaderboard.map(({ name }) => name)).toContain("boosting, expectile@0.8");
  });
});

function typeCheck(project: string): { readonly status: number | null; readonly stdout: string } {
  return spawnSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", project], {
    encoding: "utf8",
  });
}

test("the examples compile", () => {
  expect(typeCheck(examples)).toMatchObject({ stdout: "", status: 0 });
});

test("a renamed column stops all three from compiling, by its name", () => {
  const copy = join(folder, "examples");
  cpSync(examples, copy, { recursive: true });
  const settings = { extends: "../../../examples/tsconfig.json", include: ["."] };
  writeFileSync(join(copy, "tsconfig.json"), JSON.stringify(settings));
  const schema = readFileSync(join(copy, "churn.ts"), "utf8");
  writeFileSync(join(copy, "churn.ts"), schema.replace("tenure:", "months:"));
  const { status, stdout } = typeCheck(copy);
  expect(status).not.toBe(0);
  const errors = stdout.split("\n").filter((line) => line.includes("error TS"));
  for (const file of ["express.ts", "next/app/api/predict/route.ts", "browser/page.ts"]) {
    expect(errors.filter((line) => line.includes(file)).join("\n")).toMatch(/'tenure'/);
  }
});

/** Runs a script with `millwright/…` taken from the sources, as examples/tsconfig.json says. */
function run(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, ["--import", "tsx", ...args], {
    cwd: root,
    env: { ...process.env, MODEL: modelFile, PORT: "0", TSX_TSCONFIG_PATH: join(examples, "tsconfig.json") },
    stdio: ["ignore", "pipe", "inherit"],
  });
}

describe("servers", () => {
  const row = { tenure: 12, plan: "basic", signup: "2021-04-01T00:00:00Z" };

  test("the Express handler answers a row, and tells the client what is wrong with another", async () => {
    const child = run(["examples/express.ts"]);
    try {
      const port = await new Promise<string>((resolve, reject) => {
        let output = "";
        child.stdout!.on("data", (part) => {
          output += part;
          const found = /port: (\d+)/.exec(output);
          if (found) resolve(found[1]!);
        });
        child.on("exit", (code) => reject(new Error(`the server ended with ${code}: ${output}`)));
      });
      const ask = async (body: object): Promise<[number, Record<string, unknown>]> => {
        const response = await fetch(`http://127.0.0.1:${port}/predict`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(body),
        });
        return [response.status, (await response.json()) as Record<string, unknown>];
      };
      expect(await ask(row)).toEqual([
        200,
        {
          prediction: expected.prediction,
          probabilities: { Yes: expect.closeTo(expected.Yes, 12), No: expect.closeTo(1 - expected.Yes, 12) },
        },
      ]);
      expect(await ask({ tenure: 12, plan: "basic" })).toMatchObject([
        400,
        { code: "SCHEMA_MISSING_COLUMN" },
      ]);
      expect(await ask({ ...row, signup: "2021-04-01" })).toMatchObject([400, { code: "SCHEMA_BAD_CELL" }]);
    } finally {
      child.kill();
    }
  });

  test("the Next.js route handler answers a Request", async () => {
    const request = JSON.stringify({ method: "POST", body: JSON.stringify(row) });
    const script = join(folder, "route.ts");
    writeFileSync(
      script,
      `import { POST } from "../../examples/next/app/api/predict/route.ts";
       console.log(await (await POST(new Request("http://localhost/", ${request}))).text());`,
    );
    const child = run([script]);
    let output = "";
    for await (const part of child.stdout!) output += part;
    expect(JSON.parse(output)).toMatchObject({ probabilities: { Yes: expect.closeTo(expected.Yes, 12) } });
  });
});

describeWithBrowser("browser", (launch) => {
  test("the page answers its form on onnxruntime-web, from loopback alone", async () => {
    const page = await build({
      entryPoints: [join(examples, "browser/page.ts")],
      bundle: true,
      format: "esm",
      platform: "browser",
      write: false,
      tsconfig: join(examples, "tsconfig.json"),
    });
    const web = join(root, "node_modules/onnxruntime-web/dist");
    const asked: string[] = [];
    const server = createServer((request, response) => {
      const path = request.url!.replace(/^\//, "");
      asked.push(path);
      const types: Record<string, string> = {
        js: "text/javascript",
        mjs: "text/javascript",
        wasm: "application/wasm",
      };
      const extension = path.split(".").at(-1)!;
      response.setHeader("content-type", types[extension] ?? "text/html");
      if (path === "") response.end(readFileSync(join(examples, "browser/index.html")));
      else if (path === "page.js") response.end(page.outputFiles[0]!.text);
      else if (path === "churn.onnx") response.end(bytes);
      else if (/^ort[\w.-]+\.(wasm|mjs)$/.test(path)) response.end(readFileSync(join(web, path)));
      else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const browser = await launch();
    try {
      const tab = await browser.newPage();
      const problems: string[] = [];
      const elsewhere: string[] = [];
      tab.on("pageerror", (error) => problems.push(String(error)));
      tab.on("request", (request) => {
        if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(address))
          elsewhere.push(request.url());
      });
      await tab.goto(address);
      await tab.waitForFunction("document.forms[0]?.onsubmit !== null");
      await tab.click("button");
      await tab.waitForFunction("document.querySelector('output').value !== ''");
      const [label, probability] = (await tab.textContent("output"))!.split(" ");
      expect(label).toBe(expected.prediction);
      expect(Number(probability)).toBeCloseTo(expected.Yes, 12);
      expect(problems).toEqual([]);
      expect(elsewhere).toEqual([]);
      expect(asked.some((path) => path.endsWith(".wasm"))).toBe(true);
    } finally {
      await browser.close();
      server.close();
    }
  });
});

test("without the native package the same file gives the same answers on onnxruntime-web", async () => {
  // A folder of its own, whose node_modules holds onnxruntime-web and -common alone.
  const alone = mkdtempSync("/tmp/millwright-web-");
  try {
    cpSync(join(root, "package.json"), join(alone, "package.json"));
    const bundle = await build({
      entryPoints: [join(root, "src/model/index.ts")],
      bundle: true,
      format: "esm",
      platform: "node",
      packages: "external",
      write: false,
    });
    writeFileSync(join(alone, "model.mjs"), bundle.outputFiles[0]!.text);
    cpSync(modelFile, join(alone, "churn.onnx"));
    spawnSync("mkdir", [join(alone, "node_modules")]);
    for (const name of ["onnxruntime-web", "onnxruntime-common"]) {
      symlinkSync(join(root, "node_modules", name), join(alone, "node_modules", name));
    }
    const script = `
      const { load } = await import("./model.mjs");
      const missing = await import("onnxruntime-node").then(() => false, () => true);
      const model = await load("churn.onnx");
      const row = { tenure: 12, plan: "basic", signup: new Date("2021-04-01T00:00:00Z") };
      console.log(JSON.stringify({ missing, answer: await model.predictOne(row) }));
      await model.close();`;
    const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
      cwd: alone,
      encoding: "utf8",
    });
    expect(JSON.parse(stdout || JSON.stringify(stderr))).toEqual({
      missing: true,
      answer: {
        prediction: expected.prediction,
        probabilities: { Yes: expect.closeTo(expected.Yes, 12), No: expect.closeTo(1 - expected.Yes, 12) },
      },
    });
  } finally {
    rmSync(alone, { recursive: true });
  }
});
