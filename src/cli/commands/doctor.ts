/** `millwright doctor`: what runs on this machine, and what to install for the rest. */
import { createRequire } from "node:module";
import { arch, availableParallelism, platform, totalmem } from "node:os";
import { MillwrightError } from "../../core/index.ts";
import { constant, graph, identity } from "../../graph/index.ts";
import { compile } from "../../runtime/index.ts";
import { print, printJson, table } from "../terminal.ts";
import { version } from "../version.ts";

interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

const packages = [
  ["@duckdb/node-api", "reads tables with DuckDB"],
  ["onnxruntime-node", "runs graphs natively"],
  ["onnxruntime-web", "runs graphs on WebAssembly"],
  ["libsql", "reads SQLite"],
  ["postgres", "reads PostgreSQL"],
  ["mysql2", "reads MySQL"],
  ["fzstd", "reads zstd files"],
  ["read-excel-file", "reads Excel workbooks", "read-excel-file/node"],
  ["sharp", "reads images"],
  ["umap-js", "draws the map of neighbours of `cluster`"],
] as const;

/** @returns 1 when something that the main job needs is missing. */
export async function doctor(flags: { readonly json?: boolean }): Promise<number> {
  const checks: Check[] = [
    { name: "millwright", ok: true, detail: version },
    {
      name: "Node",
      ok: nodeServes(process.versions.node),
      detail: `${process.versions.node}, needs 20.19 or newer`,
    },
    {
      name: "machine",
      ok: true,
      detail: `${platform()} ${arch()}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GB`,
    },
    ...packages.map(([name, purpose, entry]) => packageCheck(name, purpose, entry)),
    await runtimeCheck(),
  ];
  const needed = new Set(["Node", "@duckdb/node-api", "graphs run"]);
  const broken = checks.filter((check) => !check.ok && needed.has(check.name));
  if (flags.json) printJson({ format: 1, ok: broken.length === 0, checks });
  else
    for (const line of table(checks.map((check) => [check.ok ? "ok" : "missing", check.name, check.detail])))
      print(line);
  return broken.length === 0 ? 0 : 1;
}

function nodeServes(found: string): boolean {
  const [major = 0, minor = 0] = found.split(".").map(Number);
  return major > 20 || (major === 20 && minor >= 19);
}

function packageCheck(name: string, purpose: string, entry = name): Check {
  try {
    createRequire(import.meta.url).resolve(entry);
    return { name, ok: true, detail: purpose };
  } catch {
    return { name, ok: false, detail: `${purpose}: npm install ${name}` };
  }
}

/** Runs a graph of one node, which proves that a runtime loads on this machine. */
async function runtimeCheck(): Promise<Check> {
  const name = "graphs run";
  try {
    const one = constant({ dtype: "float64", shape: [1], data: Float64Array.of(1) });
    const session = await compile(graph({ inputs: [], outputs: { one: identity(one) } }));
    const { runtime } = session;
    await session.run({});
    await session.release();
    return { name, ok: true, detail: runtime };
  } catch (error) {
    if (!(error instanceof MillwrightError)) throw error;
    return { name, ok: false, detail: error.message };
  }
}
