/** Weights from elsewhere, checked against the network that is to take them. */
import { MillwrightError, type Tensor } from "../core/index.ts";
import type { Precision } from "./layer.ts";
import { buildNetwork, type Network, type Weights } from "./network.ts";

/** Most paths named in a message. */
const most = 5;

/**
 * The tensors of a safetensors file, or of another network, as the weights of this one.
 *
 * @param tensors - By the network's paths.
 * @param options.dtype - The network's precision. Default float32.
 * @throws MillwrightError `SCHEMA_MISMATCH` naming the paths that are missing, unknown to the network, or of
 *   another shape or dtype.
 */
export function loadWeights(
  net: Network,
  tensors: Readonly<Record<string, Tensor>>,
  { dtype = "float32" }: { readonly dtype?: Precision } = {},
): Weights {
  const { declared } = buildNetwork(net, { batch: "batch", training: false, dtype });
  const missing: string[] = [];
  const different: string[] = [];
  for (const [path, { shape }] of declared) {
    const given = Object.hasOwn(tensors, path) ? tensors[path] : undefined;
    if (!given) missing.push(path);
    else if (given.dtype !== dtype || given.shape.join() !== shape.join()) {
      different.push(
        `${path} (${given.dtype} [${given.shape.join(", ")}], needed ${dtype} [${shape.join(", ")}])`,
      );
    }
  }
  const extra = Object.keys(tensors).filter((path) => !declared.has(path));
  const wrong = [
    listed("missing", missing),
    listed("not of this network", extra),
    listed("different", different),
  ];
  if (wrong.some((part) => part !== undefined)) {
    throw new MillwrightError(
      "SCHEMA_MISMATCH",
      `The tensors do not fit the network's ${declared.size}: ${wrong.filter(Boolean).join("; ")}.`,
      "Rename them to the network's paths, or take those of the same network.",
    );
  }
  return Object.fromEntries([...declared.keys()].map((path) => [path, tensors[path]!]));
}

function listed(what: string, paths: readonly string[]): string | undefined {
  if (paths.length === 0) return undefined;
  const rest = paths.length > most ? `, … (${paths.length})` : "";
  return `${what}: ${paths.slice(0, most).join(", ")}${rest}`;
}
