/**
 * One chain: its encoders or inner chains, then its steps, fitted in order; and what came of it run or emitted.
 *
 * A selection leaves nothing behind: the steps and encoders before it are narrowed to
 * what it lets through, so that a column of which nothing is left is not read at all.
 */
import { MillwrightError } from "../core/index.ts";
import { cast, concat, gather, type Value } from "../graph/index.ts";
import type { Frame } from "../schema/index.ts";
import { asSeen } from "./categories.ts";
import { apply, applySparse, encode, encodeSparse } from "./evaluate.ts";
import { guardedEncoder, guardedTransform } from "./guarded.ts";
import { sourceOf } from "./inputs.ts";
import type { Feature } from "./matrix.ts";
import {
  denseColumns,
  isSparse,
  joinRows,
  matrixOf,
  type MatrixPart,
  sparseMatrix,
  takeColumns,
} from "./sparse.ts";
import type {
  Chain,
  FittedEncoder,
  FittedTransform,
  Narrowed,
  SourceColumn,
  StepContext,
  Union,
} from "./step.ts";

/** A chain after fitting: parts side by side, then transforms of them all. */
export interface FittedChain {
  readonly parts: readonly FittedPart[];
  readonly transforms: readonly FittedTransform[];
  readonly features: readonly Feature[];
  /** Its transforms begin with sparse rows. */
  readonly fromSparse?: true;
}

/** A table column with its encoder, or a chain inside a union. */
type FittedPart = { readonly column: string; readonly encoder: FittedEncoder } | FittedChain;

/** Fits a chain, and makes its columns for the training rows; sparse rows where `sparse` asks for them. */
export async function fitChain(
  chain: Chain | Union,
  frame: Frame,
  context: StepContext,
  sparse: boolean,
): Promise<{ fitted: FittedChain; data: readonly MatrixPart[] }> {
  const { rowCount } = frame;
  const first = chain.transforms.find((step) => !("select" in step));
  const fromSparse = first !== undefined && "sparse" in first && first.sparse === true;
  const keep = first === undefined ? sparse : fromSparse;
  const made = await fitParts(chain, frame, context, keep);
  let { data } = made;
  let fitted: FittedChain = {
    parts: made.parts,
    transforms: [],
    features: made.parts.flatMap((part) => featuresOf(part)),
    ...(fromSparse && { fromSparse }),
  };
  for (const step of chain.transforms) {
    const random = context.random.child(`${step.kind}:${chain.columns.join()}`);
    if ("select" in step) {
      const places = step.select(matrixOf(fitted.features, data, rowCount), { ...context, random });
      fitted = narrowChain(fitted, places);
      data = takeColumns(data, places);
    } else {
      const rows = data.some(isSparse) ? joinRows(data, rowCount) : undefined;
      const x = rows
        ? sparseMatrix(fitted.features, rows)
        : { rowCount, features: fitted.features, columns: dense(data) };
      const own = "own" in chain && chain.own === true;
      const transform = own
        ? await guardedTransform(step, x, { ...context, random })
        : step.fit(x, { ...context, random });
      data = [rows ? await applySparse(rows, [transform]) : await apply(x.columns, [transform], rowCount)];
      fitted = {
        ...fitted,
        transforms: [...fitted.transforms, transform],
        features: [...transform.features],
      };
    }
  }
  return { fitted, data };
}

async function fitParts(
  chain: Chain | Union,
  frame: Frame,
  context: StepContext,
  sparse: boolean,
): Promise<{ parts: readonly FittedPart[]; data: readonly MatrixPart[] }> {
  const parts: FittedPart[] = [];
  const data: MatrixPart[] = [];
  if ("chains" in chain) {
    for (const inner of chain.chains) {
      const made = await fitChain(inner, frame, context, sparse);
      parts.push(made.fitted);
      data.push(...made.data);
    }
    return { parts, data };
  }
  for (const column of chain.columns) {
    const source = sourceOf(frame, column);
    const random = context.random.child(`${chain.encoder.kind}:${column}`);
    const encoder = chain.own
      ? await guardedEncoder(chain.encoder, source, { ...context, random })
      : chain.encoder.fit(source, { ...context, random });
    parts.push({ column, encoder });
    data.push(encoder.training ?? (await encodePart(source, encoder, frame.rowCount, sparse)));
  }
  return { parts, data };
}

function featuresOf(part: FittedPart): readonly Feature[] {
  return "encoder" in part ? part.encoder.features : part.features;
}

function dense(data: readonly MatrixPart[]): (Float32Array | Float64Array)[] {
  return data.flatMap((part) => (isSparse(part) ? denseColumns(part) : part));
}

/** Sparse steps' strings as sparse rows where asked for, everything else as columns. */
async function encodePart(
  source: SourceColumn,
  encoder: FittedEncoder,
  rowCount: number,
  sparse: boolean,
): Promise<MatrixPart> {
  return sparse && encoder.sparse === true && source.cells.type === "string"
    ? await encodeSparse(source.schema, source.cells, encoder)
    : await encode(source, encoder, rowCount);
}

/** The chain of some of its features alone. */
function narrowChain(chain: FittedChain, places: readonly number[]): FittedChain {
  if (places.length === chain.features.length) return chain;
  const transforms: FittedTransform[] = [];
  let wanted = places;
  for (const [i, transform] of [...chain.transforms.entries()].toReversed()) {
    const before = chain.transforms[i - 1]?.features ?? chain.parts.flatMap(featuresOf);
    const narrowed = transform.narrow?.(wanted) ?? pickedAfter(transform, wanted, before.length);
    transforms.unshift(narrowed.transform);
    wanted = narrowed.inputs;
  }
  let offset = 0;
  const parts = chain.parts.flatMap((part): FittedPart[] => {
    const width = featuresOf(part).length;
    const own = wanted.filter((place) => place >= offset && place < offset + width);
    const inside = own.map((place) => place - offset);
    offset += width;
    if (inside.length === 0) return [];
    return "encoder" in part
      ? [{ ...part, encoder: narrowEncoder(part.encoder, inside) }]
      : [narrowChain(part, inside)];
  });
  return { ...chain, parts, transforms, features: places.map((place) => chain.features[place]!) };
}

/** Of a transform that cannot be narrowed: all of it, then some of its features. */
function pickedAfter(transform: FittedTransform, places: readonly number[], width: number): Narrowed {
  return {
    inputs: Array.from({ length: width }, (_, place) => place),
    transform: {
      features: places.map((place) => transform.features[place]!),
      emit: (x) => gather(transform.emit(x), places, 1),
      reference(row) {
        const whole = transform.reference(row);
        return places.map((place) => whole[place]!);
      },
    },
  };
}

function narrowEncoder(encoder: FittedEncoder, places: readonly number[]): FittedEncoder {
  if (places.length === encoder.features.length) return encoder;
  return {
    features: places.map((place) => encoder.features[place]!),
    ...(encoder.float32 && { float32: true }),
    ...(encoder.sparse && { sparse: true }),
    emit: (input) => gather(encoder.emit(input), places, 1),
    reference(cell) {
      const row = encoder.reference(cell);
      return places.map((place) => row[place]!);
    },
  };
}

/** Names of the table columns that a fitted chain reads. */
export function columnsRead({ parts }: FittedChain): string[] {
  return parts.flatMap((part) => ("encoder" in part ? [part.column] : columnsRead(part)));
}

/** A fitted chain's columns for other rows. */
export async function transformChain(
  chain: FittedChain,
  frame: Frame,
  sparse: boolean,
): Promise<readonly MatrixPart[]> {
  const data: MatrixPart[] = [];
  const keep = chain.transforms.length === 0 ? sparse : chain.fromSparse === true;
  for (const part of chain.parts) {
    if ("encoder" in part)
      data.push(await encodePart(sourceOf(frame, part.column), part.encoder, frame.rowCount, keep));
    else data.push(...(await transformChain(part, frame, keep)));
  }
  if (chain.transforms.length === 0) return data;
  return data.some(isSparse)
    ? [await applySparse(joinRows(data, frame.rowCount), chain.transforms)]
    : [await apply(dense(data), chain.transforms, frame.rowCount)];
}

/** @returns float64 [batch, features.length]. */
export function emitChain(chain: FittedChain, inputs: ReadonlyMap<string, Value>): Value {
  const parts: Value[] = [];
  let plain: Value[] = [];
  const flush = (): void => {
    // Neighbouring number columns of one dtype need one Cast, not one each.
    if (plain.length > 0) parts.push(cast(sideBySide(plain), "float64"));
    plain = [];
  };
  for (const part of chain.parts) {
    if (!("encoder" in part)) {
      flush();
      parts.push(emitChain(part, inputs));
      continue;
    }
    const input = inputs.get(part.column);
    if (input === undefined) {
      throw new MillwrightError(
        "SCHEMA_MISSING_COLUMN",
        `The features read the column "${part.column}", and the graph has no such input among its ${inputs.size}.`,
        "Make the inputs with graphInputs for all columns of the features.",
      );
    }
    if (!part.encoder.identity || (plain.length > 0 && plain[0]!.dtype !== input.dtype)) flush();
    if (part.encoder.identity) plain.push(input);
    else parts.push(part.encoder.emit(input));
  }
  flush();
  return chain.transforms.reduce((value, transform) => transform.emit(value), sideBySide(parts));
}

/** Values in one row of columns. */
export function sideBySide(values: readonly Value[]): Value {
  return values.length === 1 ? values[0]! : concat(values, 1);
}

/** A fitted chain's columns by its slow reference, row by row. */
export function referenceChain(chain: FittedChain, frame: Frame): Float64Array[] {
  const out = chain.features.map(() => new Float64Array(frame.rowCount));
  for (let i = 0; i < frame.rowCount; i++) {
    const row = referenceRow(chain, frame, i);
    for (let j = 0; j < out.length; j++) out[j]![i] = row[j]!;
  }
  return out;
}

function referenceRow(chain: FittedChain, frame: Frame, i: number): ArrayLike<number> {
  const row = chain.parts.flatMap((part) => {
    if (!("encoder" in part)) return Array.from(referenceRow(part, frame, i));
    const { schema, cells } = sourceOf(frame, part.column);
    if (cells.type === "string") {
      const code = cells.codes[i]!;
      const text = code < 0 ? "" : asSeen(cells.dictionary[code]!);
      return Array.from(part.encoder.reference(text));
    }
    const value = cells.values[i]!;
    const rounded = schema.kind === "number" && schema.dtype === "float32" ? Math.fround(value) : value;
    return Array.from(part.encoder.reference(rounded));
  });
  return chain.transforms.reduce<ArrayLike<number>>((values, transform) => transform.reference(values), row);
}
