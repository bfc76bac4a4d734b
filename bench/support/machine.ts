/** The line every benchmark prints first: machine, versions, load; a run on a busy machine is marked. */
import { cpus, loadavg, totalmem } from "node:os";

export function machineLine(): string {
  const cores = cpus();
  const load = loadavg()[0]!;
  const busy = load > cores.length ? "  BUSY: more load than cores" : "";
  return `${cores[0]?.model ?? "unknown processor"}, ${cores.length} cores, ${Math.round(totalmem() / 2 ** 30)} GB, Node ${process.versions.node}, load ${load.toFixed(2)}${busy}`;
}
