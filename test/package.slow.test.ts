/**
 * The package as npm publishes it, unpacked where a user would have it: what it
 * holds, the command, the doors under plain Node, and the light door alone.
 * Its dependencies are linked from here, so that no network is needed.
 */
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

const root = join(import.meta.dirname, "..");
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Readonly<
  Record<"dependencies" | "optionalDependencies" | "peerDependencies", Readonly<Record<string, string>>>
>;
const places = mkdtempSync(join(tmpdir(), "millwright-package-"));
/** With every optional package, as npm installs it by default. */
const whole = join(places, "whole");
/** With `--omit=optional` and onnxruntime-web. */
const light = join(places, "light");

function run(folder: string, command: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: folder, encoding: "utf8" });
  if (status !== 0)
    throw new Error(`${command} ${args.join(" ")} ended with ${status}:\n${stdout}\n${stderr}`);
  return stdout;
}
const node = (folder: string, ...args: string[]): string => run(folder, process.execPath, args);
const script = (folder: string, text: string): string => node(folder, "--input-type=module", "-e", text);

function unpack(folder: string, packages: readonly string[]): void {
  mkdirSync(join(folder, "node_modules"), { recursive: true });
  run(folder, "tar", ["-xzf", join(places, "millwright.tgz")]);
  run(folder, "mv", ["package", "node_modules/millwright"]);
  for (const name of packages) {
    mkdirSync(dirname(join(folder, "node_modules", name)), { recursive: true });
    symlinkSync(join(root, "node_modules", name), join(folder, "node_modules", name));
  }
}

beforeAll(() => {
  const [{ filename }] = JSON.parse(run(root, "npm", ["pack", "--json", "--pack-destination", places])) as [
    { readonly filename: string },
  ];
  run(places, "mv", [filename, "millwright.tgz"]);
  const needed = Object.keys(manifest.dependencies);
  unpack(whole, [...needed, ...Object.keys(manifest.optionalDependencies)]);
  unpack(light, [...needed, ...Object.keys(manifest.peerDependencies)]);
  const weather = new URL("../data/seattle-weather.csv", import.meta.resolve("vega-datasets"));
  copyFileSync(fileURLToPath(weather), join(whole, "weather.csv"));
});
afterAll(() => rmSync(places, { recursive: true }));

test("it holds the program, its kernels and its pages, and nothing of the tests", () => {
  const folder = join(whole, "node_modules/millwright");
  for (const file of [
    "README.md",
    "LICENSE",
    "docs/model-file.md",
    "dist/kernels/kernels.wasm",
    "dist/kernels/update.wasm",
  ]) {
    expect(existsSync(join(folder, file)), file).toBe(true);
  }
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
  expect(files.filter((file) => /\.test\.|\.as\.|fixture|\.map$|^(dist\/)?test\//.test(file))).toEqual([]);
});

test("threads start under Node with flags of V8, from a file and from text", () => {
  const read = `
    import { writeFileSync } from "node:fs";
    import { openTable } from "millwright/data";
    const row = "0123456789,".repeat(9) + "1\\n";
    writeFileSync("large.csv", "a,b,c,d,e,f,g,h,i,j\\n" + row.repeat(260_000));
    const table = await openTable("large.csv", { threads: 2 });
    console.log(table.rowCount);`;
  writeFileSync(join(whole, "read.mjs"), read);
  const flags = ["--max-old-space-size=1024", "--expose-gc"];
  expect(node(whole, ...flags, "read.mjs")).toBe("260000\n");
  expect(node(whole, ...flags, "--input-type=module", "-e", read)).toBe("260000\n");
}, 60_000);

test("npx finds the built program in a checkout", () => {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  expect(run(root, "npx", ["millwright", "--version"]).trim()).toBe(version);
});

test("the command trains and predicts, and the doors open under plain Node", () => {
  const main = "node_modules/millwright/dist/cli/main.js";
  node(whole, main, "train", "weather.csv", "--target", "weather", "--budget", "1");
  node(whole, main, "predict", "model.onnx", "weather.csv", "-o", "answers.csv");
  expect(readFileSync(join(whole, "answers.csv"), "utf8").trimEnd().split("\n")).toHaveLength(1462);
  const doors = readdirSync(join(whole, "node_modules/millwright/dist"))
    .filter((name) => existsSync(join(whole, "node_modules/millwright/dist", name, "index.js")))
    .map((name) => `millwright/${name}`);
  expect(doors).toEqual(
    expect.arrayContaining(["millwright/graph", "millwright/model", "millwright/features"]),
  );
  script(whole, ["millwright", ...doors].map((door) => `await import("${door}");`).join("\n"));
});

test("the light door answers alike on onnxruntime-web, where nothing optional is installed", () => {
  const ask = `
    import { load } from "millwright/model";
    const model = await load("model.onnx");
    const row = { date: "2015-12-31", precipitation: 0, temp_max: 5.6, temp_min: -2.1, wind: 3.5 };
    console.log(JSON.stringify(await model.predictOne(row)));
    await model.close();`;
  copyFileSync(join(whole, "model.onnx"), join(light, "model.onnx"));
  const [native, web] = [whole, light].map((folder) => JSON.parse(script(folder, ask)) as Answer);
  expect(web!.prediction).toBe(native!.prediction);
  for (const [label, probability] of Object.entries(native!.probabilities)) {
    expect(web!.probabilities[label]).toBeCloseTo(probability, 6);
  }
});

interface Answer {
  readonly prediction: string;
  readonly probabilities: Readonly<Record<string, number>>;
}
