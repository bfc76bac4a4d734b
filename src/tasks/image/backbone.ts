/**
 * A network of a file as the beginning of a new one: its layers up to the last, given bytes of pictures, and a head of
 * our own.
 *
 * A file of ours takes bytes and normalises them itself. Any other takes numbers whose scale no file tells: the user
 * does, and nodes in front of it turn bytes into them. So both are one thing from then on.
 */
import { basename, dirname, resolve } from "node:path";
import { MillwrightError, sha256 } from "../../core/index.ts";
import {
  type AnyValue,
  cast,
  constant,
  div,
  type Graph,
  graph,
  input,
  inputName,
  isKnown,
  readOnnx,
  reduceMean,
  sub,
  substitute,
  transpose,
  type Value,
  writeOnnx,
} from "../../graph/index.ts";
import { readMetadata, readNamed, readSource } from "../../model/index.ts";
import * as nn from "../../nn/index.ts";
import { mediaColumn } from "../media/predict-media.ts";
import { imageColumn } from "./label-table.ts";
import type { PictureSize } from "./read-pictures.ts";

export interface BackboneOptions {
  /** An ONNX file. */
  readonly file: string;
  /** Mean of the levels from 0 to 1 that the network was trained on: one number, or one a channel. */
  readonly mean?: readonly number[];
  /** What levels less the mean are divided by. */
  readonly deviation?: readonly number[];
  /** Where its channels lie. Default: where the file's shape has 1 or 3. */
  readonly layout?: "nchw" | "nhwc";
  /** Patterns of parameters that stay as they are, such as `backbone.**`. Default: `frozenByDefault`. */
  readonly freeze?: readonly string[];
  /** Factor of the learning rate of the parameters that are not the head's. Default 0.1. */
  readonly rate?: number;
}

/** Stands before the paths of the file's parameters. */
export const prefix = "backbone";
export const allOfIt: readonly string[] = [`${prefix}.**`];
export const defaultRate = 0.1;

/** A file that has been read. */
export interface Backbone {
  /** The file's name without its ending; with its folder where it is "model". */
  readonly name: string;
  readonly sha256: string;
  /** What it takes. */
  readonly size: PictureSize;
  /** From bytes [batch, height, width, channels]. */
  readonly imported: nn.Imported;
}

/**
 * Reads a file that begins a network.
 *
 * @param side - Pixels across and down, where they are asked for.
 * @throws MillwrightError as `nn.load` does; `GRAPH_UNSUPPORTED` for a file that takes no pictures or has no last layer
 *   to replace; `PARAMETER_MISSING` for what the file does not tell, `PARAMETER_CONFLICT` for what it tells itself.
 */
export async function readBackbone(options: BackboneOptions, side: number | undefined): Promise<Backbone> {
  const { bytes, name: file } = await readSource(options.file);
  const from = readNamed(file, bytes, readOnnx);
  const own = from.metadata["millwright.format"] !== undefined;
  const { size, graph: inBytes } = own
    ? { size: await ownSize(options, bytes, file, side), graph: from }
    : foreign(from, options, file, side);
  // A file of ours takes pictures of any size, and brings them to its own.
  const shapes = own ? { [inputName(from.inputs[0]!)]: [size.height, size.width, size.channels] } : {};
  const imported = await nn.load(own ? bytes : writeOnnx(inBytes), { prefix, shapes });
  if (imported.report.head === undefined) {
    throw new MillwrightError(
      "GRAPH_UNSUPPORTED",
      `${file} has no last layer (Gemm, MatMul or Conv) that a new head could take the place of.`,
      own
        ? "Its run found the forest better: train again with --families network, and begin with that file."
        : "Begin with a network that classifies pictures.",
    );
  }
  return { name: nameOf(options.file), sha256: sha256(bytes), size, imported };
}

function nameOf(file: string): string {
  const stem = basename(file).replace(/\.onnx$/i, "");
  const folder = basename(dirname(resolve(file)));
  return stem === "model" && folder !== "" ? `${folder}/${stem}` : stem;
}

async function ownSize(
  options: BackboneOptions,
  bytes: Uint8Array,
  file: string,
  side: number | undefined,
): Promise<PictureSize> {
  const given = (["mean", "deviation", "layout"] as const).find((name) => options[name] !== undefined);
  if (given !== undefined) {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `${flagOf[given]} is given, and ${file} is a model file of millwright, which brings pixels to scale itself.`,
      `Leave ${flagOf[given]} out.`,
    );
  }
  const column = mediaColumn({ metadata: await readMetadata(bytes) });
  if (column?.kind !== "image") {
    throw new MillwrightError(
      "GRAPH_UNSUPPORTED",
      `${file} takes no pictures, and pictures are to be learnt.`,
      "Begin with a network on pictures.",
    );
  }
  const { height, width, channels } = column;
  if (side !== undefined && (side !== height || side !== width)) throw fixedSize(file, height, width, side);
  return { height, width, channels: channels as 1 | 3 };
}

const flagOf = {
  mean: "--pixel-mean",
  deviation: "--pixel-deviation",
  layout: "--pixel-layout",
} as const;

const fixedSize = (file: string, height: number, width: number, side: number): MillwrightError =>
  new MillwrightError(
    "PARAMETER_CONFLICT",
    `--image-size is ${side}, and ${file} takes pictures of ${width} × ${height} pixels.`,
    "Leave --image-size out.",
  );

/** A file of another tool with nodes in front that turn bytes into what it takes. */
function foreign(
  from: Graph,
  options: BackboneOptions,
  file: string,
  side: number | undefined,
): { readonly size: PictureSize; readonly graph: Graph } {
  const [taken] = from.inputs;
  if (from.inputs.length !== 1 || !taken || !isKnown(taken) || taken.shape.length !== 4) {
    const found = from.inputs.map((value) => `${inputName(value)} [${value.shape?.join(", ") ?? "?"}]`);
    throw new MillwrightError(
      "GRAPH_UNSUPPORTED",
      `${file} takes ${found.join(", ") || "nothing"}, and a network on pictures takes one input of four axes.`,
      "Begin with a network that takes pictures alone.",
    );
  }
  if (taken.dtype !== "float32") {
    throw new MillwrightError(
      "GRAPH_UNSUPPORTED",
      `The input "${inputName(taken)}" of ${file} is ${taken.dtype}, and float32 is what trains.`,
      "Export the network in float32.",
    );
  }
  const layout = options.layout ?? layoutOf(taken, file);
  const size = sizeOf(taken, layout, file, side);
  const mean = figure("mean", options.mean, size.channels, file);
  const deviation = figure("deviation", options.deviation, size.channels, file);
  const image = input(imageColumn, "uint8", [taken.shape[0]!, size.height, size.width, size.channels]);
  const level = div(sub(div(cast(image, "float32"), 255), mean), deviation);
  const replacement = layout === "nchw" ? transpose(level, [0, 3, 1, 2]) : level;
  const names = [...from.outputs.keys()];
  const values = substitute([...from.outputs.values()], new Map<AnyValue, AnyValue>([[taken, replacement]]));
  const outputs = new Map(names.map((name, i) => [name, values[i]!]));
  return { size, graph: graph({ inputs: [image], outputs, name: from.name, carried: from.carried }) };
}

function layoutOf({ shape }: Value, file: string): "nchw" | "nhwc" {
  const isChannels = (size: unknown): boolean => size === 1 || size === 3;
  if (isChannels(shape[1]) !== isChannels(shape[3])) return isChannels(shape[1]) ? "nchw" : "nhwc";
  throw new MillwrightError(
    "PARAMETER_MISSING",
    `${file} takes [${shape.join(", ")}], which does not tell where the channels lie.`,
    "Give --pixel-layout nchw (as PyTorch exports) or nhwc (as Keras does).",
  );
}

function sizeOf(
  { shape }: Value,
  layout: "nchw" | "nhwc",
  file: string,
  side: number | undefined,
): PictureSize {
  const [channels, height, width] = (layout === "nchw" ? [1, 2, 3] : [3, 1, 2]).map((axis) => shape[axis]!);
  if (channels !== 1 && channels !== 3) {
    throw new MillwrightError(
      "GRAPH_UNSUPPORTED",
      `${file} takes [${shape.join(", ")}], which as ${layout} has ${channels} channels; pictures have 1 or 3.`,
      "Begin with a network on pictures, or give the other --pixel-layout.",
    );
  }
  if (typeof height === "number" && typeof width === "number") {
    if (side !== undefined && (side !== height || side !== width)) throw fixedSize(file, height, width, side);
    return { height, width, channels };
  }
  if (side !== undefined) return { height: side, width: side, channels };
  throw new MillwrightError(
    "PARAMETER_MISSING",
    `${file} takes pictures of any size, and does not tell which it was trained on.`,
    "Give it as --image-size, such as 224.",
  );
}

/** A figure by channel, for levels [batch, height, width, channels]. */
function figure(
  name: "mean" | "deviation",
  given: readonly number[] | undefined,
  channels: number,
  file: string,
): Value {
  if (given === undefined) {
    throw new MillwrightError(
      "PARAMETER_MISSING",
      `${file} does not tell what its pixels are divided by and shifted by, and ${flagOf[name]} is not given.`,
      "Give what it was trained with, of levels from 0 to 1: --pixel-mean 0.485,0.456,0.406 --pixel-deviation 0.229,0.224,0.225 for most of torchvision, --pixel-mean 0.5 --pixel-deviation 0.5 for levels from -1 to 1, --pixel-mean 0 --pixel-deviation 1 for levels as they are.",
    );
  }
  if (given.length !== 1 && given.length !== channels) {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `${flagOf[name]} has ${given.length} numbers, and ${file} takes ${channels} ${channels === 1 ? "channel" : "channels"}.`,
      `Give one number${channels === 1 ? "" : `, or ${channels}`}.`,
    );
  }
  const data = Float32Array.from({ length: channels }, (_, c) => given[c % given.length]!);
  return constant({ dtype: "float32", shape: [channels], data });
}

/** The last answers of the backbone to scores: the mean over places where there are any. */
function headFor(classes: number): nn.Layer {
  const last = nn.sequential({ dropout: nn.dropout(0.2), fc: nn.dense(classes) });
  return nn.layer("head", (x, scope) => {
    const axes = x.shape.length === 4 ? [2, 3] : x.shape.length === 3 ? [1] : [];
    return scope.apply("", last, axes.length === 0 ? x : reduceMean(x, { axes, keepDims: false }));
  });
}

/** What a backbone is trained as. */
export interface Begun {
  readonly imported: nn.Imported;
  /** Patterns in force. */
  readonly freeze: readonly string[];
  readonly groups: Readonly<Record<string, nn.GroupOptions>>;
  /** Whether nothing but the head is trained: then the rest needs to run only once. */
  readonly headAlone: boolean;
}

/** Training pictures below which the backbone stays as it is, unless told. */
export const fewPictures = 1000;

/**
 * Puts a head on, and says what is trained.
 *
 * @throws MillwrightError `PARAMETER_UNKNOWN` for a pattern that fits nothing; `GRAPH_NO_GRADIENT` where parameters
 *   before a node without a gradient are to be trained.
 */
export function begin(
  { imported: whole, name }: Backbone,
  { freeze: given, rate = defaultRate }: Pick<BackboneOptions, "freeze" | "rate">,
  { classes, pictures, seed }: { readonly classes: number; readonly pictures: number; readonly seed: number },
): Begun {
  const imported = nn.replaceHead(whole, { head: headFor(classes), seed });
  const { blocking } = imported.report;
  const paths = Object.keys(imported.weights).filter((path) => path.startsWith(`${prefix}.`));
  const freeze = given ?? (pictures < fewPictures || blocking.length > 0 ? allOfIt : []);
  const odd = freeze.find((pattern) => !paths.some((path) => nn.matches(pattern, path)));
  if (odd !== undefined) {
    throw new MillwrightError(
      "PARAMETER_UNKNOWN",
      `--freeze ${odd} fits none of the ${paths.length} parameters of ${name} (${paths.slice(0, 3).join(", ")}, …).`,
      'Write paths with dots; "*" is one name, "**" any number of them: backbone.** is all.',
    );
  }
  const isFrozen = (path: string): boolean => freeze.some((pattern) => nn.matches(pattern, path));
  const stuck = blocking.find(({ weights }) => !weights.every(isFrozen));
  if (stuck !== undefined) {
    throw new MillwrightError(
      "GRAPH_NO_GRADIENT",
      `The node "${stuck.node}" (${stuck.op}) of ${name} ${stuck.reason}, so that nothing before it can be trained.`,
      "Freeze it: --freeze 'backbone.**'.",
    );
  }
  const groups: Record<string, nn.GroupOptions> = {};
  for (const pattern of freeze) groups[pattern] = { frozen: true };
  const headAlone = paths.every(isFrozen);
  if (!headAlone) groups[`${prefix}.**`] = { rate };
  return { imported, freeze, groups, headAlone };
}
