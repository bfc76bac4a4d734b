/**
 * Training on WebGPU gives the numbers of the CPU.
 *
 * Without a graphics card it runs on SwiftShader, a software Vulkan device that comes inside a development dependency,
 * in a process of its own: a driver's abort is not ours to survive.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { brotliDecompressSync } from "node:zlib";
import { afterAll, expect, test } from "vitest";
import { temporaryFolder } from "./cli.ts";
import { describeUnlessMissing } from "./needs.ts";

const work = temporaryFolder();
afterAll(() => work[Symbol.dispose]());

/** The environment in which the Vulkan loader finds SwiftShader only. */
function softwareVulkan(): Record<string, string> {
  const entry = createRequire(import.meta.url).resolve("@sparticuz/chromium");
  const packed = join(entry.slice(0, entry.lastIndexOf("chromium")), "chromium", "bin", "swiftshader.tar.br");
  const folder = join(work.path, "swiftshader");
  mkdirSync(folder);
  const tar = join(work.path, "swiftshader.tar");
  writeFileSync(tar, brotliDecompressSync(readFileSync(packed)));
  execFileSync("tar", ["xf", tar, "-C", folder]);
  return { LD_LIBRARY_PATH: folder, VK_DRIVER_FILES: join(folder, "vk_swiftshader_icd.json") };
}

const missing =
  process.platform === "linux" && process.arch === "x64"
    ? undefined
    : "SwiftShader is packed for Linux on x64 only";

describeUnlessMissing("training on WebGPU (SwiftShader)", missing, () => {
  test("eight steps of six networks: the losses of the CPU (relative 1e-4)", { timeout: 600_000 }, () => {
    const lossesOn = (device: string, environment: Record<string, string>): Record<string, number[]> => {
      const script = join(import.meta.dirname, "fixtures", "train-on.mjs");
      const { status, stdout, stderr } = spawnSync(process.execPath, [script, device], {
        encoding: "utf8",
        env: { ...process.env, ...environment },
      });
      expect(status, stderr).toBe(0);
      return JSON.parse(stdout) as Record<string, number[]>;
    };
    const [cpu, gpu] = [lossesOn("cpu", {}), lossesOn("webgpu", softwareVulkan())];
    expect(Object.keys(gpu)).toEqual(["mlp", "cnn", "lstm", "gru", "transformer", "frozen"]);
    for (const [name, losses] of Object.entries(cpu)) {
      expect(losses).toHaveLength(8);
      losses.forEach((loss, i) =>
        expect(Math.abs(gpu[name]![i]! / loss - 1), `${name}, step ${i + 1}`).toBeLessThan(1e-4),
      );
    }
  });
});
