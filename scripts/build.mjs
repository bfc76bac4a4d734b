// Compiles src/ to dist/ and puts the kernels beside it.
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, rmSync } from "node:fs";

rmSync("dist", { recursive: true, force: true });
const tsc = spawnSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"], { stdio: "inherit" });
if (tsc.status !== 0) process.exit(tsc.status ?? 1);
mkdirSync("dist/kernels", { recursive: true });
copyFileSync("src/kernels/kernels.wasm", "dist/kernels/kernels.wasm");
