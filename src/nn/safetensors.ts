/**
 * safetensors: named tensors in one flat file, without code inside.
 *
 * Eight bytes with the length of a JSON header, the header, the tensors' bytes one after the other.
 * A file is hostile until read: every length and offset is checked before anything is taken, and the tensors must lie
 * end to end, as the reference demands: bytes that two tensors share or that none has are refused.
 * Source: the format's description, github.com/huggingface/safetensors.
 */
import { arrayClass, type DType, MillwrightError, type Tensor } from "../core/index.ts";

const types = {
  float32: "F32",
  float64: "F64",
  int64: "I64",
  int32: "I32",
  uint8: "U8",
  bool: "BOOL",
} as const satisfies Partial<Record<DType, string>>;
type Stored = keyof typeof types;
const largestHeader = 100_000_000;

export interface Safetensors {
  readonly tensors: Readonly<Record<string, Tensor>>;
  /** Free text by key. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** The bytes of a file. Tensors stand in the order given, each at a multiple of 8 bytes. */
export function writeSafetensors({ tensors, metadata }: Safetensors): Uint8Array {
  const header: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  if (Object.keys(metadata).length > 0) header["__metadata__"] = metadata;
  let offset = 0;
  // Wide elements first, so that each tensor starts at a multiple of its element's size.
  const names = Object.keys(tensors).sort((a, b) => bytesOf(tensors[b]!) - bytesOf(tensors[a]!));
  for (const name of names) {
    const { dtype, shape, data } = tensors[name]!;
    if (dtype === "string" || name === "__metadata__") {
      throw new MillwrightError(
        "DTYPE_MISMATCH",
        `The tensor "${name}" (${dtype}) cannot stand in a safetensors file.`,
        "Store numbers, under other names than __metadata__.",
      );
    }
    const end = offset + (data as Float32Array).byteLength;
    header[name] = { dtype: types[dtype], shape, data_offsets: [offset, end] };
    offset = end;
  }
  const text = JSON.stringify(header);
  const encoded = new TextEncoder().encode(text);
  const padded = Math.ceil(encoded.length / 8) * 8;
  const bytes = new Uint8Array(8 + padded + offset).fill(0x20, 8, 8 + padded);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(padded), true);
  bytes.set(encoded, 8);
  let at = 8 + padded;
  for (const name of names) {
    const data = tensors[name]!.data as Float32Array;
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}

function bytesOf({ data }: Tensor): number {
  return (data as Float32Array).BYTES_PER_ELEMENT;
}

/** @throws MillwrightError `MODEL_INVALID` for bytes that are not such a file, `GRAPH_UNSUPPORTED` for another element type. */
export function readSafetensors(bytes: Uint8Array): Safetensors {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = bytes.length >= 8 ? Number(view.getBigUint64(0, true)) : -1;
  if (length < 2 || length > largestHeader || 8 + length > bytes.length) {
    throw invalid(`its header would take ${length} of ${bytes.length} bytes`);
  }
  const header = parseHeader(bytes.subarray(8, 8 + length));
  const spans: Span[] = [];
  // By entries: a tensor may be called "__proto__".
  const tensors: [string, Tensor][] = [];
  let metadata: Record<string, string> = {};
  for (const [name, entry] of Object.entries(header)) {
    if (name === "__metadata__") {
      if (!isRecord(entry) || !Object.values(entry).every((text) => typeof text === "string")) {
        throw invalid("its metadata is not text by key");
      }
      metadata = entry as Record<string, string>;
      continue;
    }
    const { tensor, span } = readTensor(name, entry, bytes, 8 + length);
    tensors.push([name, tensor]);
    spans.push(span);
  }
  requireTiling(spans, bytes.length - 8 - length);
  return { tensors: Object.fromEntries(tensors), metadata };
}

/** The bytes of a tensor, counted from the end of the header. */
interface Span {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** @throws MillwrightError `MODEL_INVALID` unless the tensors lie end to end and fill all bytes after the header. */
function requireTiling(spans: Span[], byteCount: number): void {
  spans.sort((a, b) => a.from - b.from || a.to - b.to);
  let end = 0;
  let before: string | undefined;
  for (const { name, from, to } of spans) {
    if (from > end) {
      const left = before === undefined ? "the header" : `"${before}"`;
      throw invalid(`${from - end} bytes between ${left} and "${name}" belong to no tensor`);
    }
    if (from < end)
      throw invalid(`"${name}" starts at byte ${from}, before "${before!}" ends at byte ${end}`);
    end = to;
    before = name;
  }
  if (end < byteCount) {
    throw invalid(
      before === undefined
        ? `${byteCount} bytes follow its header, and it names no tensor`
        : `${byteCount - end} bytes follow its last tensor "${before}", which ends at byte ${end} of ${byteCount}`,
    );
  }
}

function readTensor(
  name: string,
  entry: unknown,
  bytes: Uint8Array,
  start: number,
): { readonly tensor: Tensor; readonly span: Span } {
  if (!isRecord(entry)) throw invalid(`"${name}" is not described`);
  const { dtype: type, shape, data_offsets: offsets } = entry;
  const dtype = (Object.keys(types) as Stored[]).find((key) => types[key] === type);
  if (dtype === undefined) {
    throw new MillwrightError(
      "GRAPH_UNSUPPORTED",
      `The tensor "${name}" has the element type ${String(type)}, and ${Object.values(types).join(", ")} are read.`,
      "Convert it to F32 before storing it.",
    );
  }
  if (!isSizes(shape) || !isSizes(offsets) || offsets.length !== 2)
    throw invalid(`"${name}" has no shape or place`);
  const [from, to] = offsets as [number, number];
  const array = arrayClass[dtype];
  const count = shape.reduce((a, b) => a * b, 1);
  if (from > to || start + to > bytes.length || to - from !== count * array.BYTES_PER_ELEMENT) {
    throw invalid(`"${name}" [${shape.join(", ")}] of ${dtype} would lie at bytes ${from} to ${to}`);
  }
  const copy = bytes.slice(start + from, start + to);
  const data = new array(copy.buffer, copy.byteOffset, count);
  return { tensor: { dtype, shape, data } as Tensor, span: { name, from, to } };
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  try {
    const header: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    if (isRecord(header)) return header;
  } catch {
    // Said below, in words that help.
  }
  throw invalid("its header is not JSON");
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isSizes = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);

function invalid(why: string): MillwrightError {
  return new MillwrightError(
    "MODEL_INVALID",
    `This is no safetensors file: ${why}.`,
    "Give a whole file as safetensors writes it.",
  );
}
