/**
 * Native sessions by graph hash, counted: equal graphs on one device share a session.
 *
 * A session that nobody holds stays for a while, since folds and tests compile the
 * same graph again and again (30 µs a node); beyond a few, the one unused longest
 * is released.
 */
import type { InferenceSession } from "onnxruntime-common";
import { sha256 } from "../core/index.ts";
import { type Graph, readOnnx, writeOnnx } from "../graph/index.ts";
import { type Backend, type Device, loadBackend } from "./backend.ts";
import { runtimeError } from "./errors.ts";
import { lowerFor, lowerForTraining } from "./lowering.ts";

export interface Loan {
  readonly native: InferenceSession;
  readonly backend: Backend;
  giveBack(): Promise<void>;
}

interface Entry {
  readonly key: string;
  readonly bytes: number;
  readonly ready: Promise<{ native: InferenceSession; backend: Backend }>;
  holders: number;
}

/** Most idle sessions kept, and most bytes of files behind them. */
const idleLimit = { sessions: 4, bytes: 16 * 2 ** 20 };

const entries = new Map<string, Entry>();
/** Entries without a holder, the one unused longest first. */
const idle = new Set<Entry>();

/**
 * How far the runtime rewrites the graph. "extended", for training steps, leaves the blocked layout of convolutions to us:
 * the runtime goes over to it for constant weights only, and a step has none.
 */
type Level = "all" | "extended";

/** Borrows the session of a graph or file, creating it if need be. */
export async function borrow(
  source: Graph | Uint8Array,
  device: Device,
  threads: number,
  level: Level = "all",
): Promise<Loan> {
  const bytes = source instanceof Uint8Array ? source : writeOnnx(source);
  const key = `${device}/${threads}/${level}/${hash(bytes)}`;
  let entry = entries.get(key);
  if (!entry) {
    const ready = create(source, bytes, device, threads, level);
    entry = { key, bytes: bytes.length, ready, holders: 0 };
    entries.set(key, entry);
  }
  const held = entry;
  held.holders++;
  idle.delete(held);
  try {
    const { native, backend } = await held.ready;
    return { native, backend, giveBack: () => giveBack(held) };
  } catch (error) {
    held.holders--;
    if (entries.get(key) === held) entries.delete(key);
    throw error;
  }
}

async function create(
  source: Graph | Uint8Array,
  bytes: Uint8Array,
  device: Device,
  threads: number,
  level: Level,
): Promise<Awaited<Entry["ready"]>> {
  const backend = await loadBackend(device);
  const lowered = await bytesFor(device, source, bytes, level === "extended");
  try {
    const native = await backend.ort.InferenceSession.create(lowered, {
      executionProviders: [backend.provider],
      graphOptimizationLevel: level,
      executionMode: "sequential",
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      logSeverityLevel: 3,
      // Waiting threads sleep: on a shared machine spinning ones take the time of others.
      extra: { session: { intra_op: { allow_spinning: "0" } } },
    });
    return { native, backend };
  } catch (cause) {
    throw runtimeError("compiling the graph", cause);
  }
}

/** The file as a device can compute it. @param bytes - The source's own. */
async function bytesFor(
  device: Device,
  source: Graph | Uint8Array,
  bytes: Uint8Array,
  training: boolean,
): Promise<Uint8Array> {
  // A file runs as it is where it can: to read it first would delay its first answer.
  if (device !== "webgpu" && source instanceof Uint8Array) return bytes;
  const given = source instanceof Uint8Array ? readOnnx(source) : source;
  const lowered = training ? await lowerForTraining(device, given) : lowerFor(device, given);
  return lowered === given ? bytes : writeOnnx(lowered);
}

async function giveBack(entry: Entry): Promise<void> {
  if (--entry.holders > 0) return;
  idle.add(entry);
  const dropped: Entry[] = [];
  let bytes = 0;
  for (const each of idle) bytes += each.bytes;
  for (const each of idle) {
    if (idle.size <= idleLimit.sessions && bytes <= idleLimit.bytes) break;
    idle.delete(each);
    entries.delete(each.key);
    bytes -= each.bytes;
    dropped.push(each);
  }
  await Promise.all(dropped.map(drop));
}

async function drop(entry: Entry): Promise<void> {
  const { native } = await entry.ready;
  await native.release();
}

/** Releases every session that nobody holds, now. */
export async function releaseIdleSessions(): Promise<void> {
  const dropped = [...idle];
  idle.clear();
  for (const entry of dropped) entries.delete(entry.key);
  await Promise.all(dropped.map(drop));
}

/** Native hashing where there is Node: a file of 100 MB would take a second in plain TypeScript. */
function hash(bytes: Uint8Array): string {
  if (typeof process === "undefined" || typeof process.getBuiltinModule !== "function") return sha256(bytes);
  return process.getBuiltinModule("node:crypto").createHash("sha256").update(bytes).digest("hex");
}
