// Compiles src/ to dist/, puts the kernels beside it, and bundles the used parts of ECharts into the report's charts.
// A folder beside it takes dist/'s place when it is whole, so that what runs from dist/ meanwhile is not torn.
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, renameSync, rmSync } from "node:fs";
import { buildSync } from "esbuild";

const folder = `dist-${process.pid}.local`;
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const tsc = spawnSync(
  process.execPath,
  ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json", "--outDir", folder],
  { stdio: "inherit" },
);
if (tsc.status !== 0) process.exit(tsc.status ?? 1);
for (const each of ["kernels", "update"])
  copyFileSync(`src/kernels/${each}.wasm`, `${folder}/kernels/${each}.wasm`);
bundleCharts(`${folder}/report/charts`);
chmodSync(`${folder}/cli/main.js`, 0o755);
rmSync("dist", { recursive: true, force: true });
renameSync(folder, "dist");

/** Replaces the drawing module by itself with ECharts inside; its licences go beside it. */
function bundleCharts(charts) {
  buildSync({
    entryPoints: [`${charts}/draw.js`],
    outfile: `${charts}/draw.js`,
    allowOverwrite: true,
    bundle: true,
    minify: true,
    format: "esm",
    platform: "node",
    target: "node20",
    define: { "process.env.NODE_ENV": '"production"' },
    legalComments: "eof",
    logLevel: "warning",
  });
  rmSync(`${charts}/draw.js.map`, { force: true });
  for (const [name, file] of [
    ["echarts", "LICENSE"],
    ["echarts", "NOTICE"],
    ["zrender", "LICENSE"],
    ["tslib", "LICENSE.txt"],
  ]) {
    copyFileSync(`node_modules/${name}/${file}`, `${charts}/${name}-${file}`);
  }
}
