/**
 * Strength of a ridge penalty by its leave-one-out error, for a whole path at the cost of one
 * eigendecomposition.
 *
 * With Z the centred design and Zᵀ Z = V D Vᵀ, row i left out is predicted with the error
 * e_i / (1 − h_i), and both e and h need only z_i V and D + l2. With many rows every h is
 * near their mean, and the generalised error, which takes the mean for each, needs no row
 * at all. With more than 512 features the whole choice is made on 512 rows, through Z Zᵀ, since the
 * right l2 hardly depends on the number of rows. Source: Allen 1974, Technometrics 16(1); Golub, Heath & Wahba 1979, 21(2).
 */
import { EigenvalueDecomposition, Matrix as SmallMatrix } from "ml-matrix";
import { rowUniform } from "../../core/index.ts";
import { take, takeRows } from "../index.ts";
import { dot } from "./cholesky.ts";
import { gramOfBlocks } from "./gram.ts";
import type { Rows } from "./least-squares.ts";
import { type Design, hasMoments, type Moments, varyingFeatures } from "./moments.ts";

/** A path is judged on rows z in the eigenbasis of the design, u = z V. */
interface Spectrum {
  /** Eigenvalues, at least 0. Shape [r]. */
  readonly values: Float64Array;
  /** Vᵀ Zᵀ y. Shape [r]. */
  readonly target: Float64Array;
  /** Rows: u, centred target and leverage of the mean, all times the root of the weight. */
  readonly rows: readonly { readonly u: Float64Array; readonly y: number; readonly h: number }[];
  /** Instead of rows, for the generalised error. */
  readonly many?: { readonly rowCount: number; readonly yy: number; readonly constants: number };
}

const largestBasis = 512;
const steps = 73;
/** Multiplications beyond which rows are not judged one by one. */
const exactWork = 5e7;

/**
 * The l2 of least leave-one-out error among 73 from 1e-9 to 1000 times the largest eigenvalue.
 *
 * @param perFeature - The penalty is ½ l2 Σ perFeature b². Shape [p].
 * @param seed - Of the sample of rows, where there are more than 512 features.
 * @param limit - Multiplications beyond which the generalised error is taken.
 */
export async function chooseL2(
  design: Design,
  rows: Rows & { readonly rowIds: Uint32Array },
  perFeature: Float64Array,
  seed: number,
  threads: number,
  limit = exactWork,
): Promise<number> {
  const used = varyingFeatures(design);
  if (used.length === 0 || design.yy === 0) return 1;
  const spectrum =
    used.length <= largestBasis && hasMoments(design)
      ? featureSpectrum(design, rows, perFeature, used, limit)
      : await rowSpectrum(design.centred, rows, perFeature, used, seed, threads);
  const largest = spectrum.values.reduce((most, v) => Math.max(most, v), 0);
  let best = largest;
  let least = Infinity;
  for (let k = 0; k < steps; k++) {
    const l2 = largest * 10 ** (3 - k / 6);
    const error =
      spectrum.many === undefined
        ? leaveOneOutError(spectrum, l2)
        : generalisedError(spectrum, spectrum.many, l2);
    if (error < least) {
      least = error;
      best = l2;
    }
  }
  return best;
}

function leaveOneOutError({ values, target, rows }: Spectrum, l2: number): number {
  const shrink = values.map((d) => 1 / (d + l2));
  const slopes = target.map((t, k) => t * shrink[k]!);
  let error = 0;
  for (const { u, y, h } of rows) {
    let leverage = h;
    for (let k = 0; k < u.length; k++) leverage += u[k]! * u[k]! * shrink[k]!;
    const left = 1 - leverage;
    if (left < 1e-10) return Infinity;
    error += ((y - dot(u, 0, slopes, 0, u.length)) / left) ** 2;
  }
  return error;
}

/** Mean squared residual over the square of the mean share of a row that is its own. */
function generalisedError(
  { values, target }: Spectrum,
  many: NonNullable<Spectrum["many"]>,
  l2: number,
): number {
  let rss = many.yy;
  let freedom = many.constants;
  for (let k = 0; k < values.length; k++) {
    const d = values[k]!;
    const shrink = 1 / (d + l2);
    freedom += d * shrink;
    rss -= target[k]! ** 2 * shrink * (2 - d * shrink);
  }
  return Math.max(0, rss) / (1 - freedom / many.rowCount) ** 2;
}

/** From the Gram matrix of the features. */
function featureSpectrum(
  moments: Moments,
  { x, y, weight }: Rows,
  perFeature: Float64Array,
  used: Int32Array,
  limit: number,
): Spectrum {
  const n = used.length;
  const p = moments.mean.length;
  const scale = Float64Array.from(used, (j) => 1 / Math.sqrt(perFeature[j]!));
  const gram = SmallMatrix.zeros(n, n);
  for (let a = 0; a < n; a++) {
    for (let b = 0; b < n; b++)
      gram.set(a, b, moments.gram[used[a]! * p + used[b]!]! * scale[a]! * scale[b]!);
  }
  const { values, vectors } = eigen(gram);
  const target = Float64Array.from(vectors, (v) => {
    let total = 0;
    for (let a = 0; a < n; a++) total += v[a]! * moments.xy[used[a]!]! * scale[a]!;
    return total;
  });
  if (y.length * n * (n + 2 * steps) > limit && y.length > 10 * n) {
    const many = { rowCount: y.length, yy: moments.yy, constants: moments.centred ? 1 : 0 };
    return { values, target, rows: [], many };
  }
  const z = new Float64Array(n);
  const rows = Array.from(y, (_, i) => {
    const w = weight?.[i] ?? 1;
    const root = Math.sqrt(w);
    for (let a = 0; a < n; a++)
      z[a] = (x.columns[used[a]!]![i]! - moments.mean[used[a]!]!) * scale[a]! * root;
    const u = Float64Array.from(vectors, (v) => dot(v, 0, z, 0, n));
    return { u, y: (y[i]! - moments.yMean) * root, h: moments.centred ? w / moments.totalWeight : 0 };
  });
  return { values, target, rows };
}

/** From the Gram matrix of a sample of rows, for designs wider than the basis. */
async function rowSpectrum(
  center: boolean,
  all: Rows & { readonly rowIds: Uint32Array },
  perFeature: Float64Array,
  used: Int32Array,
  seed: number,
  threads: number,
): Promise<Spectrum> {
  const judged = sampleRows(all.rowIds, largestBasis, seed);
  const x = takeRows(all.x, judged);
  const weight =
    all.weight === undefined ? new Float64Array(judged.length).fill(1) : take(all.weight, judged);
  const total = weight.reduce((sum, w) => sum + w, 0);
  const m = judged.length;
  const centre = (values: Float32Array | Float64Array): Float64Array => {
    let mean = 0;
    if (center) for (let i = 0; i < m; i++) mean += (values[i]! * weight[i]!) / total;
    return Float64Array.from(values, (v, i) => (v - mean) * Math.sqrt(weight[i]!));
  };
  const y = centre(take(all.y, judged));
  const products = await gramOfBlocks(
    { blockCount: Math.ceil(used.length / largestBasis), rows: m, columns: largestBasis, threads },
    (block, out, width) => {
      out.fill(0);
      for (let c = 0; c < width && block * width + c < used.length; c++) {
        const j = used[block * width + c]!;
        const column = centre(x.columns[j]!);
        for (let i = 0; i < m; i++) out[i * width + c] = column[i]! / Math.sqrt(perFeature[j]!);
      }
    },
  );
  const gram = new SmallMatrix(Array.from({ length: m }, (_, i) => products.subarray(i * m, (i + 1) * m)));
  const { values, vectors } = eigen(gram);
  const roots = values.map(Math.sqrt);
  return {
    values,
    target: Float64Array.from(vectors, (v, k) => roots[k]! * dot(v, 0, y, 0, m)),
    rows: Array.from(judged, (_, i) => ({
      u: Float64Array.from(vectors, (v, k) => roots[k]! * v[i]!),
      y: y[i]!,
      h: center ? weight[i]! / total : 0,
    })),
  };
}

/** Eigenvalues from 0 up and their unit vectors. */
function eigen(symmetric: SmallMatrix): { values: Float64Array; vectors: Float64Array[] } {
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(symmetric, {
    assumeSymmetric: true,
  });
  return {
    values: Float64Array.from(realEigenvalues, (v) => Math.max(0, v)),
    vectors: realEigenvalues.map((_, k) => Float64Array.from(eigenvectorMatrix.getColumn(k))),
  };
}

/** Indices of about `count` rows, or of all; which ones depends on their identities only. */
export function sampleRows(rowIds: Uint32Array, count: number, seed: number): Uint32Array {
  const all = Uint32Array.from(rowIds, (_, i) => i);
  if (all.length <= count) return all;
  const draw = Float64Array.from(rowIds, (id) => rowUniform(seed, id));
  return all.sort((a, b) => draw[a]! - draw[b]! || rowIds[a]! - rowIds[b]!).subarray(0, count);
}
