// Compiles src/ to dist/, puts the kernels beside it, and bundles the used parts of ECharts into the report's charts.
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, rmSync } from "node:fs";
import { buildSync } from "esbuild";

rmSync("dist", { recursive: true, force: true });
const tsc = spawnSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"], {
  stdio: "inherit",
});
if (tsc.status !== 0) process.exit(tsc.status ?? 1);
mkdirSync("dist/kernels", { recursive: true });
copyFileSync("src/kernels/kernels.wasm", "dist/kernels/kernels.wasm");
bundleCharts("dist/report/charts");

/** Replaces the drawing module by itself with ECharts inside; its licences go beside it. */
function bundleCharts(folder) {
  buildSync({
    entryPoints: [`${folder}/draw.js`],
    outfile: `${folder}/draw.js`,
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
  rmSync(`${folder}/draw.js.map`, { force: true });
  for (const [name, file] of [
    ["echarts", "LICENSE"],
    ["echarts", "NOTICE"],
    ["zrender", "LICENSE"],
    ["tslib", "LICENSE.txt"],
  ]) {
    copyFileSync(`node_modules/${name}/${file}`, `${folder}/${name}-${file}`);
  }
}
