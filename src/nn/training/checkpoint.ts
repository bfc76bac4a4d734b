/**
 * Checkpoints: the whole state of a training in one safetensors file, written whole or not at all.
 *
 * Tensors are the step's state by name and the best weights so far under "best/<path>", its whole state
 * under "back/<name>" where training falls back to it. The position (epoch,
 * batch, step), the history and what identifies the training stand in the metadata. With the loader's order
 * fixed by seed and epoch, a training goes on from there as if it had never stopped.
 */
import { existsSync, readFileSync } from "node:fs";
import { canonicalJson, type Json, MillwrightError, type Tensor } from "../../core/index.ts";
import { writeWhole } from "../../data/index.ts";
import { readSafetensors, writeSafetensors } from "../safetensors.ts";
import type { Weights } from "../network.ts";
import type { EpochRecord } from "./events.ts";

/** Where a training stands between two steps. */
export interface Position {
  /** 0, 1, …. */
  epoch: number;
  /** Batches of this epoch that are done. */
  batch: number;
  /** Steps of the optimiser that are done. */
  step: number;
  /** Weighted training loss of this epoch so far, and the weight behind it. */
  lossSum: number;
  lossWeight: number;
  history: EpochRecord[];
  /** Lower is better; one per epoch. */
  watched: number[];
  best: { epoch: number; value: number } | undefined;
  /** Epochs without a better one, and how often training fell back. */
  since: number;
  falls: number;
}

export interface Checkpoint {
  readonly position: Position;
  readonly state: Readonly<Record<string, Tensor>>;
  readonly best: Weights | undefined;
  /** The state of the best epoch, where training falls back to it. */
  readonly back: Readonly<Record<string, Tensor>> | undefined;
}

const bestPrefix = "best/";
const backPrefix = "back/";
const key = "millwright.training";

/** JSON has no NaN and no infinity, which a loss or a metric may be. */
function withNonFinite(_key: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isFinite(value) ? { number: String(value) } : value;
}

function readNonFinite(_key: string, value: unknown): unknown {
  const text = (value as { number?: unknown } | null)?.number;
  return typeof text === "string" && typeof value === "object" ? Number(text) : value;
}

/** @param identity - What must be equal for the training to go on, by name of the part. */
export function writeCheckpoint(
  path: string,
  identity: Readonly<Record<string, Json>>,
  checkpoint: Checkpoint,
): void {
  const tensors: Record<string, Tensor> = { ...checkpoint.state };
  for (const [name, tensor] of Object.entries(checkpoint.best ?? {}))
    tensors[`${bestPrefix}${name}`] = tensor;
  for (const [name, tensor] of Object.entries(checkpoint.back ?? {}))
    tensors[`${backPrefix}${name}`] = tensor;
  const text = JSON.stringify({ version: 1, identity, position: checkpoint.position }, withNonFinite);
  writeWhole({ [path]: writeSafetensors({ tensors, metadata: { [key]: text } }) }, "checkpoint");
}

/**
 * The checkpoint at a path, or undefined where there is none.
 *
 * @throws MillwrightError `MODEL_INVALID` for another file, `MODEL_CHANGED` where it is of another training: the parts that differ are named.
 */
export function readCheckpoint(
  path: string,
  identity: Readonly<Record<string, Json>>,
): Checkpoint | undefined {
  if (!existsSync(path)) return undefined;
  const { tensors, metadata } = readSafetensors(readFileSync(path));
  const text = metadata[key];
  if (text === undefined) {
    throw new MillwrightError(
      "MODEL_INVALID",
      `${path} holds tensors, but no training.`,
      "Name a checkpoint.",
    );
  }
  const stored = JSON.parse(text, readNonFinite) as { identity: Record<string, Json>; position: Position };
  const differing = Object.keys(identity).filter(
    (part) => canonicalJson(stored.identity[part] ?? null) !== canonicalJson(identity[part]!),
  );
  if (differing.length > 0) {
    throw new MillwrightError(
      "MODEL_CHANGED",
      `${path} is a checkpoint of another training: it differs in ${differing.join(", ")}.`,
      "Go on with the settings it was made with, or give another path to start anew.",
    );
  }
  const state: Record<string, Tensor> = {};
  const best: Record<string, Tensor> = {};
  const back: Record<string, Tensor> = {};
  for (const [name, tensor] of Object.entries(tensors)) {
    if (name.startsWith(bestPrefix)) best[name.slice(bestPrefix.length)] = tensor;
    else if (name.startsWith(backPrefix)) back[name.slice(backPrefix.length)] = tensor;
    else state[name] = tensor;
  }
  const known = <T extends object>(tensors: T): T | undefined =>
    Object.keys(tensors).length > 0 ? tensors : undefined;
  return { position: stored.position, state, best: known(best), back: known(back) };
}
