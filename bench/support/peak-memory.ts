/**
 * A command with the most memory that it and its worker processes held at once: the sum of their proportional set
 * sizes, read from /proc every 20 ms, or less often where reading would take more than a twentieth of a core. A page
 * that several hold, of Node's program say, is counted once.
 */
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export interface Measured {
  readonly stdout: string;
  readonly seconds: number;
  /** Processor time of all processes. */
  readonly cpuSeconds: number;
  /** Bytes, of all processes together. */
  readonly peakBytes: number;
  /** Processes when it peaked. */
  readonly processes: number;
}

const program = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

/** Runs `millwright` with these words. @throws Error with what it said when it fails. */
export async function measureCommand(words: readonly string[]): Promise<Measured> {
  const started = performance.now();
  const child = spawn(process.execPath, [program, ...words], { stdio: ["ignore", "pipe", "pipe"] });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (part: Buffer) => (stdout += part));
  child.stderr.on("data", (part: Buffer) => (stderr += part));
  let [peakBytes, processes, cpuSeconds] = [0, 0, 0];
  let next: NodeJS.Timeout;
  const look = (): void => {
    const looked = performance.now();
    const tree = treeOf(child.pid!);
    const held = tree.map(heldBytes);
    const spent = tree.reduce((total, pid) => total + processorSeconds(pid), 0);
    cpuSeconds = Math.max(cpuSeconds, spent);
    const sum = held.reduce((total, bytes) => total + bytes, 0);
    if (sum > peakBytes) [peakBytes, processes] = [sum, held.length];
    next = setTimeout(look, Math.max(20, 20 * (performance.now() - looked)));
  };
  look();
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  clearTimeout(next!);
  if (code !== 0) throw new Error(`millwright ${words.join(" ")} ended with ${code}: ${stderr}`);
  return { stdout, seconds: (performance.now() - started) / 1000, cpuSeconds, peakBytes, processes };
}

function treeOf(pid: number): number[] {
  return [pid, ...childrenOf(pid).flatMap(treeOf)];
}

function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").split(" ").filter(Boolean).map(Number),
    );
  } catch {
    return [];
  }
}

/** What a process holds by itself, and its part of what it shares. */
function heldBytes(pid: number): number {
  try {
    return 1024 * Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** Of the process and its children that have ended. The kernel counts in hundredths. */
function processorSeconds(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)!.split(" ");
    return fields.slice(11, 15).reduce((total, ticks) => total + Number(ticks) / 100, 0);
  } catch {
    return 0;
  }
}
