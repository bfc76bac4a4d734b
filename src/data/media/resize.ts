/**
 * Resizing of pixels by a triangle filter that widens when the picture shrinks (bilinear with antialiasing).
 *
 * The weights are those of ONNX's Resize with mode linear, antialias 1, exclude_outside 1 and half_pixel, of PyTorch's
 * `interpolate(mode="bilinear", antialias=True)` and of Pillow's BILINEAR, so that pixels resized before training look
 * like those that a graph resizes. Library resizers differ, and by enough to cost points of accuracy, so this one is our
 * own and does not change with a package's version. (With exclude_outside 0, ONNX Runtime gives the picture's rim more
 * than its share.)
 */

/** A part of a picture in pixels. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** For each output place: where its inputs begin, how many they are, and their weights. */
interface Taps {
  readonly first: Int32Array;
  readonly count: Int32Array;
  readonly weights: Float64Array;
  /** Weights of each place in `weights`. */
  readonly stride: number;
}

function tapsOf(from: number, to: number): Taps {
  const scale = from / to;
  const widened = Math.max(1, scale);
  const stride = Math.ceil(widened) * 2 + 1;
  const first = new Int32Array(to);
  const count = new Int32Array(to);
  const weights = new Float64Array(to * stride);
  for (let i = 0; i < to; i++) {
    const centre = (i + 0.5) * scale;
    const start = Math.max(0, Math.floor(centre - widened + 0.5));
    const end = Math.min(from, Math.floor(centre + widened + 0.5));
    let sum = 0;
    for (let j = start; j < end; j++) {
      const weight = Math.max(0, 1 - Math.abs((j + 0.5 - centre) / widened));
      weights[i * stride + j - start] = weight;
      sum += weight;
    }
    for (let k = 0; k < end - start; k++) weights[i * stride + k]! /= sum;
    first[i] = start;
    count[i] = end - start;
  }
  return { first, count, weights, stride };
}

/** Writes a row of pixels at its new width from `at` on. */
function narrow(
  row: Float64Array,
  channels: number,
  { first, count, weights, stride }: Taps,
  to: Float32Array,
  at: number,
): void {
  let place = at;
  for (let x = 0; x < first.length; x++) {
    const start = first[x]! * channels;
    const taps = count[x]!;
    for (let c = 0; c < channels; c++) {
      let sum = 0;
      for (let k = 0; k < taps; k++) sum += weights[x * stride + k]! * row[start + k * channels + c]!;
      to[place++] = sum;
    }
  }
}

/**
 * Resizes a part of a picture.
 *
 * @param pixels - Shape [height, width, channels], row-major; 8 bits or floats.
 * @param width - Of the whole picture.
 * @param channels - Values of a pixel, at least 1.
 * @param box - The part to take, inside the picture.
 * @param toWidth - At least 1.
 * @param toHeight - At least 1.
 * @returns Shape [toHeight, toWidth, channels], of the same type; 8 bits are rounded half up. Cost: pixels of the part × channels.
 */
export function resizePixels<T extends Uint8Array | Float32Array>(
  pixels: T,
  width: number,
  channels: number,
  box: Box,
  toWidth: number,
  toHeight: number,
): T extends Uint8Array ? Uint8Array<ArrayBuffer> : Float32Array<ArrayBuffer> {
  const across = tapsOf(box.width, toWidth);
  const down = tapsOf(box.height, toHeight);
  const rowLength = toWidth * channels;
  const narrowed = new Float32Array(box.height * rowLength);
  // In floats of one kind, whatever the pixels are: the loop over them is compiled for one kind of array.
  const row = new Float64Array(box.width * channels);
  for (let y = 0; y < box.height; y++) {
    const start = ((box.top + y) * width + box.left) * channels;
    row.set(pixels.subarray(start, start + row.length));
    narrow(row, channels, across, narrowed, y * rowLength);
  }
  const whole = pixels instanceof Uint8Array;
  const out = whole ? new Uint8Array(toHeight * rowLength) : new Float32Array(toHeight * rowLength);
  const sums = new Float64Array(rowLength);
  for (let y = 0; y < toHeight; y++) {
    sums.fill(0);
    for (let k = 0; k < down.count[y]!; k++) {
      const weight = down.weights[y * down.stride + k]!;
      const start = (down.first[y]! + k) * rowLength;
      for (let i = 0; i < rowLength; i++) sums[i]! += weight * narrowed[start + i]!;
    }
    for (let i = 0; i < rowLength; i++)
      out[y * rowLength + i] = whole ? Math.floor(sums[i]! + 0.5) : sums[i]!;
  }
  return out as ReturnType<typeof resizePixels<T>>;
}
