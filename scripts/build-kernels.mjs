// Compiles every src/kernels/*/*.as.ts into one WebAssembly module on an imported shared memory.
import { existsSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import asc from "assemblyscript/asc";

const out = process.argv[2] ?? "src/kernels/kernels.wasm";
const files = (await readdir("src/kernels", { recursive: true }))
  .filter((file) => file.endsWith(".as.ts"))
  .sort()
  .map((file) => `src/kernels/${file}`);

if (files.length === 0) {
  console.error("build-kernels found no *.as.ts file under src/kernels");
  process.exit(1);
}

const newest = Math.max(
  ...(await Promise.all([...files, import.meta.filename].map(async (file) => (await stat(file)).mtimeMs))),
);
if (!existsSync(out) || (await stat(out)).mtimeMs < newest) {
  const options =
    "-O3 --converge --noAssert --runtime stub --enable simd --enable threads --importMemory --sharedMemory --initialMemory 16 --maximumMemory 65536 --config none";
  const { error } = await asc.main([...files, "--outFile", out, ...options.split(" ")], {
    stdout: process.stdout,
    stderr: process.stderr,
  });
  if (error) process.exit(1);
}
