/**
 * The house rules, checked on the files themselves: layers, doors, owners of heavy packages, no cycles.
 *
 * The order of `layers` is the order of docs/architecture.md: a folder imports only from folders above it.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "..");
const src = join(root, "src");

/** Bottom first. A folder may import from those before it. */
const layers = [
  "core",
  "metrics",
  "kernels",
  "graph",
  "runtime",
  "schema",
  "model",
  "data",
  "features",
  "estimators",
  "nn",
  "testing",
  "pipeline",
  "evaluate",
  "select",
  "report",
  "tasks",
  "registry",
  "serve",
  "monitor",
  "scale",
  "cli",
];

/** Exceptions to the order: these folders may import from these alone. */
const onlyFrom: Record<string, readonly string[]> = {
  metrics: ["core"],
  kernels: ["core"],
  graph: ["core"],
  runtime: ["core", "graph"],
  schema: ["core"],
  model: ["core", "schema", "graph", "runtime"],
  report: ["core"],
};

/** The one folder that may import a heavy package. */
const owners: Record<string, string> = {
  "onnxruntime-node": "runtime",
  "onnxruntime-web": "runtime",
  "onnxruntime-common": "runtime",
  "@duckdb/node-api": "data",
  "@duckdb/node-bindings": "data",
  libsql: "data",
  postgres: "data",
  mysql2: "data",
  fzstd: "data",
  "read-excel-file": "data",
  sharp: "data",
  "umap-js": "tasks",
  echarts: "report",
  "ml-matrix": "estimators",
  commander: "cli",
  zod: "cli",
};

interface Import {
  readonly from: string;
  readonly to: string;
  readonly specifier: string;
}

function sourceFiles(): string[] {
  return readdirSync(src, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".as.ts") && !file.endsWith(".d.ts"))
    .map((file) => file.replaceAll("\\", "/"));
}

/** Static imports, re-exports and dynamic imports, comments left out. */
function importsOf(file: string): Import[] {
  const text = readFileSync(join(src, file), "utf8")
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/^\s*\/\/.*$/gm, "");
  const pattern =
    /(?:^|[\s;}])(?:import|export)\s(?:[^;'"`]*?\sfrom\s)?["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']/g;
  return [...text.matchAll(pattern)].map((match) => {
    const specifier = (match[1] ?? match[2])!;
    const to = specifier.startsWith(".") ? normalize(join(dirname(file), specifier)) : specifier;
    return { from: file, to: to.replaceAll("\\", "/"), specifier };
  });
}

const folderOf = (file: string): string => file.split("/")[0]!;
const isTest = (file: string): boolean => /(\.test|-fixture)\.ts$/.test(file) || file.includes("/testing/");

const files = sourceFiles();
const productFiles = files.filter((file) => !isTest(file));
const imports = productFiles.flatMap(importsOf);
const internal = imports.filter((item) => item.specifier.startsWith("."));

describe("architecture", () => {
  test("the check saw the files: every folder has a door, and imports were found", () => {
    const folders = new Set(files.filter((file) => file.includes("/")).map(folderOf));
    folders.delete("types");
    expect(files.length).toBeGreaterThan(60);
    expect(internal.length).toBeGreaterThan(files.length);
    for (const folder of folders) {
      expect(layers, `src/${folder} is not in the list of layers`).toContain(folder);
      const door = folder === "cli" ? "cli/main.ts" : `${folder}/index.ts`;
      expect(files, `src/${folder} has no door`).toContain(door);
    }
    for (const folder of [
      "core",
      "graph",
      "runtime",
      "data",
      "features",
      "estimators",
      "pipeline",
      "select",
      "cli",
    ]) {
      expect(
        internal.some((item) => folderOf(item.from) === folder),
        `no import seen in ${folder}`,
      ).toBe(true);
    }
  });

  test("docs/architecture.md lists the folders that exist, in this order", () => {
    const page = readFileSync(join(root, "docs/architecture.md"), "utf8");
    const listed = [...page.matchAll(/^\| `(\w+)\/` \|/gm)].map((match) => match[1]!);
    const existing = new Set(productFiles.filter((file) => file.includes("/")).map(folderOf));
    expect(listed).toEqual(layers.filter((layer) => existing.has(layer)));
  });

  test("a folder imports only from folders before it", () => {
    const wrong = internal.filter((item) => {
      const from = folderOf(item.from);
      const to = folderOf(item.to);
      if (!item.from.includes("/") || from === to) return false;
      const allowed = onlyFrom[from];
      return allowed ? !allowed.includes(to) : layers.indexOf(to) > layers.indexOf(from);
    });
    expect(wrong.map((item) => `${item.from} imports ${item.to}`)).toEqual([]);
  });

  test("other folders come in by the door", () => {
    const wrong = internal.filter((item) => {
      if (folderOf(item.from) === folderOf(item.to) || !item.from.includes("/")) return false;
      return !item.to.endsWith("/index.ts");
    });
    expect(wrong.map((item) => `${item.from} imports ${item.to}`)).toEqual([]);
  });

  test("siblings inside estimators/ never import each other", () => {
    const family = (file: string): string | undefined => /^estimators\/([^/]+)\//.exec(file)?.[1];
    const wrong = internal.filter((item) => {
      const [from, to] = [family(item.from), family(item.to)];
      return from !== undefined && to !== undefined && from !== to;
    });
    expect(wrong.map((item) => `${item.from} imports ${item.to}`)).toEqual([]);
  });

  test("a heavy package has one owner", () => {
    const wrong = imports.filter((item) => {
      const name = item.specifier
        .split("/")
        .slice(0, item.specifier.startsWith("@") ? 2 : 1)
        .join("/");
      const owner = owners[name];
      return owner !== undefined && folderOf(item.from) !== owner;
    });
    expect(wrong.map((item) => `${item.from} imports ${item.specifier}`)).toEqual([]);
  });

  test("every imported package is declared", () => {
    const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Record<
      string,
      Record<string, string>
    >;
    const declared = new Set(
      ["dependencies", "optionalDependencies", "peerDependencies", "devDependencies"].flatMap((kind) =>
        Object.keys(manifest[kind] ?? {}),
      ),
    );
    const wrong = imports.filter((item) => {
      if (item.specifier.startsWith(".") || item.specifier.startsWith("node:")) return false;
      const name = item.specifier
        .split("/")
        .slice(0, item.specifier.startsWith("@") ? 2 : 1)
        .join("/");
      return !declared.has(name);
    });
    expect(wrong.map((item) => `${item.from} imports ${item.specifier}`)).toEqual([]);
  });

  test("no import cycle among files", () => {
    const edges = new Map<string, string[]>();
    for (const item of internal) edges.set(item.from, [...(edges.get(item.from) ?? []), item.to]);
    const state = new Map<string, "open" | "done">();
    const cycles: string[] = [];
    const visit = (file: string, path: readonly string[]): void => {
      if (state.get(file) === "done") return;
      if (state.get(file) === "open") {
        cycles.push([...path.slice(path.indexOf(file)), file].join(" -> "));
        return;
      }
      state.set(file, "open");
      for (const next of edges.get(file) ?? []) visit(next, [...path, file]);
      state.set(file, "done");
    };
    for (const file of productFiles) visit(file, []);
    expect(cycles).toEqual([]);
  });

  test("a file over 600 lines says why in its first comment", () => {
    const long = productFiles.filter((file) => {
      const text = readFileSync(join(src, file), "utf8");
      return text.split("\n").length > 600 && !/catalogue|generated|one algorithm/i.test(text.slice(0, 800));
    });
    expect(long).toEqual([]);
  });

  test("nothing is named utils, helpers, common, manager, processor or misc", () => {
    const vague = files.filter((file) =>
      /(^|\/)(utils?|helpers?|common|manager|processor|misc)(\/|\.|-)/i.test(file),
    );
    expect(vague).toEqual([]);
    expect(relative(root, src)).toBe("src");
  });
});
