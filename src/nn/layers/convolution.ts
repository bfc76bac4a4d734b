/** Convolutions over one or two dimensions, and what is built of them. Layout [batch, channels, (height,) width]. */
import { conv, mul, reduceMean, sigmoid, unsqueeze } from "../../graph/index.ts";
import { MillwrightError } from "../../core/index.ts";
import { heNormal, zeros } from "../initialisers.ts";
import { fixedSize, type Initialiser, type Layer, layer, requireCount, requireRank } from "../layer.ts";
import { relu } from "./activation.ts";
import { sequential } from "./compose.ts";
import { dense } from "./dense.ts";

export interface ConvLayerOptions {
  /** Step of the window. Default 1. */
  readonly stride?: number;
  /** Zeros on every side; "same" keeps the size at stride 1 (odd kernels). Default "same". */
  readonly padding?: number | "same";
  /** Distance between the places of the window. Default 1. */
  readonly dilation?: number;
  /** Parts of the channels that do not see each other. Default 1. */
  readonly groups?: number;
  /** Default true; give false before a normalisation, which has its own. */
  readonly bias?: boolean;
  /** Filling of the weight. Default He. */
  readonly initial?: Initialiser;
}

/** [batch, channels, width] → [batch, filters, width']. Parameters: `weight` [filters, channels / groups, kernel], `bias`. */
export function conv1d(filters: number, kernel: number, options: ConvLayerOptions = {}): Layer {
  return convolution("conv1d", 1, filters, kernel, options);
}

/** [batch, channels, height, width] → [batch, filters, height', width']. Parameters: `weight` [filters, channels / groups, kernel, kernel], `bias`. */
export function conv2d(filters: number, kernel: number, options: ConvLayerOptions = {}): Layer {
  return convolution("conv2d", 2, filters, kernel, options);
}

function convolution(
  kind: string,
  dims: 1 | 2,
  filters: number,
  kernel: number,
  options: ConvLayerOptions,
): Layer {
  const { stride = 1, padding = "same", dilation = 1, groups = 1, bias = true, initial = heNormal } = options;
  requireCount(kind, "filters", filters);
  requireCount(kind, "kernel", kernel);
  requireCount(kind, "stride", stride);
  requireCount(kind, "dilation", dilation);
  requireCount(kind, "groups", groups);
  const reach = dilation * (kernel - 1);
  if (padding === "same" && reach % 2 === 1) {
    throw new MillwrightError(
      "PARAMETER_CONFLICT",
      `${kind} has an even kernel of ${kernel} and { padding: "same" }, which cannot be equal on both sides.`,
      "Take an odd kernel, or give { padding } as a number.",
    );
  }
  const pad = padding === "same" ? reach / 2 : padding;
  requireCount(kind, "padding", pad, 0);
  return layer(kind, (x, scope) => {
    requireRank(x, [dims + 2], dims === 1 ? "[batch, channels, width]" : "[batch, channels, height, width]");
    const channels = fixedSize(x, 1, "channels");
    if (channels % groups !== 0 || filters % groups !== 0) {
      throw new MillwrightError(
        "SHAPE_MISMATCH",
        `has ${groups} groups, which divide neither or only one of ${channels} channels and ${filters} filters.`,
        "Choose groups that divide both.",
      );
    }
    const spatial = new Array<number>(dims).fill(kernel);
    const weight = scope.parameter("weight", [filters, channels / groups, ...spatial], initial);
    return conv(x, weight, bias ? scope.parameter("bias", [filters], zeros) : undefined, {
      strides: new Array<number>(dims).fill(stride),
      dilations: new Array<number>(dims).fill(dilation),
      pads: new Array<number>(2 * dims).fill(pad),
      groups,
    });
  });
}

/** A convolution of each channel by itself: as many filters as channels, whatever their number. */
export function depthwiseConv2d(kernel: number, options: Omit<ConvLayerOptions, "groups"> = {}): Layer {
  return layer("depthwiseConv2d", (x, scope) => {
    const channels = fixedSize(x, 1, "channels");
    return conv2d(channels, kernel, { ...options, groups: channels }).apply(x, scope);
  });
}

/** The same over one dimension. */
export function depthwiseConv1d(kernel: number, options: Omit<ConvLayerOptions, "groups"> = {}): Layer {
  return layer("depthwiseConv1d", (x, scope) => {
    const channels = fixedSize(x, 1, "channels");
    return conv1d(channels, kernel, { ...options, groups: channels }).apply(x, scope);
  });
}

/** Each channel by itself, then a mix of channels at each place. */
export function separableConv2d(
  filters: number,
  kernel: number,
  options: Omit<ConvLayerOptions, "groups"> = {},
): Layer {
  return sequential({
    depthwise: depthwiseConv2d(kernel, { ...options, bias: false }),
    pointwise: conv2d(filters, 1, { bias: options.bias ?? true }),
  });
}

/**
 * Scales channels by what the whole picture says of them. Source: Hu et al. 2018, "Squeeze-and-excitation networks".
 *
 * @param ratio - Channels per unit of the layer between. Default 4.
 */
export function squeezeExcite(ratio = 4): Layer {
  requireCount("squeezeExcite", "ratio", ratio);
  return layer("squeezeExcite", (x, scope) => {
    const channels = fixedSize(x, 1, "channels");
    const squeezed = scope.apply("pool", globalPool(), x);
    const inner = sequential({
      down: dense(Math.max(1, Math.round(channels / ratio))),
      act: relu(),
      up: dense(channels),
    });
    const gate = sigmoid(scope.apply("gate", inner, squeezed));
    const axes = x.shape.map((_, axis) => axis).slice(2);
    return mul(x, unsqueeze(gate, axes));
  });
}

/** Mean over all places: [batch, channels, ..] → [batch, channels]. */
export function globalPool(): Layer {
  return layer("globalPool", (x) => reduceMean(x, { axes: x.shape.map((_, axis) => axis).slice(2) }));
}
