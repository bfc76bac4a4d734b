// Compiles every src/kernels/*/*.as.ts into one WebAssembly module on an imported shared memory; the optimisers' steps
// into one of their own, since ONNX Runtime takes no array of a shared memory.
import { existsSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import asc from "assemblyscript/asc";

const out = process.argv[2] ?? "src/kernels/kernels.wasm";
const sources = (await readdir("src/kernels", { recursive: true }))
  .filter((file) => file.endsWith(".as.ts"))
  .sort()
  .map((file) => `src/kernels/${file.replaceAll("\\", "/")}`);
const alone = sources.filter((file) => file.startsWith("src/kernels/update/"));
const shared = sources.filter((file) => !alone.includes(file));

if (alone.length === 0 || shared.length === 0) {
  console.error("build-kernels found no *.as.ts file under src/kernels or src/kernels/update");
  process.exit(1);
}

const common = "-O3 --converge --noAssert --runtime stub --enable simd --importMemory --config none";
await compile(
  shared,
  out,
  `${common} --enable threads --sharedMemory --initialMemory 16 --maximumMemory 65536`,
);
await compile(alone, out.replace(/[^/\\]*$/, "update.wasm"), `${common} --initialMemory 1`);

async function compile(files, target, options) {
  const newest = Math.max(
    ...(await Promise.all([...files, import.meta.filename].map(async (file) => (await stat(file)).mtimeMs))),
  );
  if (existsSync(target) && (await stat(target)).mtimeMs >= newest) return;
  const { error } = await asc.main([...files, "--outFile", target, ...options.split(" ")], {
    stdout: process.stdout,
    stderr: process.stderr,
  });
  if (error) process.exit(1);
}
