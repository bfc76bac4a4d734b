/**
 * Protocol-buffer wire format, driven by tables: a message is a list of numbered fields.
 *
 * The reader takes its bytes for hostile: every length is checked against what is
 * left, nesting and message counts are limited, and nothing is allocated that the
 * bytes do not hold. The writer fills its buffer from the end, so that a length is
 * known when it is written. Source: protobuf.dev/programming-guides/encoding.
 */
import { MillwrightError } from "../../core/index.ts";

/** An int64 of the file: a number, and a bigint beyond ±2^53. */
export type Int64 = number | bigint;

export type Scalar = "int64" | "uint64" | "int32" | "float" | "double" | "string" | "bytes";
export interface Field {
  readonly number: number;
  readonly name: string;
  readonly type: Scalar | MessageTable;
  readonly repeated: boolean;
}
export interface MessageTable {
  readonly name: string;
  readonly fields: Field[];
  readonly byNumber: Map<number, Field>;
}

/** What a reader accepts. */
export interface WireLimits {
  /** Deepest nesting of messages. */
  readonly depth: number;
  /** Most messages and list entries in all. */
  readonly messages: number;
}

export function invalid(what: string, cause?: unknown): MillwrightError {
  return new MillwrightError("MODEL_INVALID", what, "Check that the file is a complete ONNX model.", {
    cause,
  });
}

type Message = Record<string, unknown>;
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

class Reader {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly limits: WireLimits;
  at = 0;
  messages = 0;

  constructor(bytes: Uint8Array, limits: WireLimits) {
    // A plain view: parts of a Node Buffer would be Buffers, whose slice() does not copy.
    this.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.limits = limits;
  }

  /** Low and high 32 bits of a varint; the high ones are left in `high`. */
  high = 0;
  varint(end: number): number {
    let low = 0;
    let high = 0;
    for (let i = 0; i < 10; i++) {
      if (this.at >= end) throw invalid(`The file breaks off inside a number at byte ${this.at}.`);
      const byte = this.bytes[this.at++]!;
      const part = byte & 0x7f;
      if (i < 4) low |= part << (7 * i);
      else if (i === 4) {
        low |= part << 28;
        high = part >>> 4;
      } else high |= part << (7 * i - 32);
      if (byte < 0x80) {
        if (i === 9 && part > 1) break;
        this.high = high;
        return low >>> 0;
      }
    }
    throw invalid(`A number at byte ${this.at} is longer than 64 bits.`);
  }

  int64(end: number, signed: boolean): Int64 {
    const low = this.varint(end);
    const high = signed ? this.high | 0 : this.high >>> 0;
    const number = high * 4294967296 + low;
    return Number.isSafeInteger(number) ? number : (BigInt(high) << 32n) | BigInt(low);
  }

  length(end: number): number {
    const length = this.varint(end);
    if (this.high !== 0 || length > end - this.at) {
      throw invalid(
        `The file breaks off: byte ${this.at} announces more than the ${end - this.at} bytes left.`,
      );
    }
    return length;
  }

  scalar(type: Scalar, wire: number, end: number): unknown {
    const need = type === "float" ? 5 : type === "double" ? 1 : type === "string" || type === "bytes" ? 2 : 0;
    if (wire !== need) throw invalid(`Byte ${this.at} has wire type ${wire} where a ${type} stands.`);
    switch (type) {
      case "int64":
        return this.int64(end, true);
      case "uint64":
        return this.int64(end, false);
      case "int32":
        return this.varint(end) | 0;
      case "float":
      case "double": {
        const size = type === "float" ? 4 : 8;
        if (end - this.at < size) throw invalid(`The file breaks off inside a number at byte ${this.at}.`);
        this.at += size;
        return size === 4 ? this.view.getFloat32(this.at - 4, true) : this.view.getFloat64(this.at - 8, true);
      }
      case "string":
      case "bytes": {
        const length = this.length(end);
        this.at += length;
        const part = this.bytes.subarray(this.at - length, this.at);
        return type === "bytes" ? part : this.text(part);
      }
    }
  }

  text(part: Uint8Array): string {
    try {
      return utf8.decode(part);
    } catch (cause) {
      throw invalid(`A name before byte ${this.at} is not UTF-8.`, cause);
    }
  }

  skip(wire: number, end: number): void {
    if (wire === 0) this.varint(end);
    else if (wire === 1) this.at += 8;
    else if (wire === 2) {
      // Two steps: `this.at += this.length(end)` would read `at` before the length itself is read.
      const length = this.length(end);
      this.at += length;
    } else if (wire === 5) this.at += 4;
    else throw invalid(`Byte ${this.at} has the wire type ${wire}, which does not exist here.`);
    if (this.at > end) throw invalid(`The file breaks off at byte ${end}.`);
  }

  count(): void {
    if (++this.messages > this.limits.messages) {
      throw new MillwrightError(
        "MODEL_LIMIT",
        `The file holds more than ${this.limits.messages} entries.`,
        "Raise the limit if you trust the file.",
      );
    }
  }

  message(table: MessageTable, end: number, depth: number): Message {
    this.count();
    if (depth > this.limits.depth) {
      throw new MillwrightError(
        "MODEL_LIMIT",
        `The file nests messages deeper than ${this.limits.depth}.`,
        "Raise the limit if you trust the file.",
      );
    }
    const message: Message = {};
    while (this.at < end) {
      const tag = this.varint(end);
      const field = this.high === 0 ? table.byNumber.get(tag >>> 3) : undefined;
      const wire = tag & 7;
      if (tag >>> 3 === 0) throw invalid(`Byte ${this.at} has the field number 0.`);
      if (!field) this.skip(wire, end);
      else if (field.repeated) this.element(message, field, wire, end, depth);
      else message[field.name] = this.value(field.type, wire, end, depth);
    }
    return message;
  }

  value(type: Field["type"], wire: number, end: number, depth: number): unknown {
    if (typeof type === "string") return this.scalar(type, wire, end);
    if (wire !== 2) throw invalid(`Byte ${this.at} has wire type ${wire} where a ${type.name} stands.`);
    const length = this.length(end);
    return this.message(type, this.at + length, depth + 1);
  }

  element(message: Message, field: Field, wire: number, end: number, depth: number): void {
    const list = (message[field.name] ??= []) as unknown[];
    const { type } = field;
    const packed = wire === 2 && typeof type === "string" && type !== "string" && type !== "bytes";
    if (!packed) {
      this.count();
      list.push(this.value(type, wire, end, depth));
      return;
    }
    const length = this.length(end);
    const stop = this.at + length;
    const inner = type === "float" ? 5 : type === "double" ? 1 : 0;
    while (this.at < stop) list.push(this.scalar(type, inner, stop));
  }
}

/**
 * Reads one message. Byte fields are views of the bytes, not copies.
 *
 * @throws MillwrightError `MODEL_INVALID`, `MODEL_LIMIT`.
 */
export function decodeMessage(table: MessageTable, bytes: Uint8Array, limits: WireLimits): Message {
  return new Reader(bytes, limits).message(table, bytes.length, 1);
}

/** Reads only the scalar fields and those named, skipping the other messages unread. */
export function decodeSome(
  table: MessageTable,
  names: readonly string[],
  bytes: Uint8Array,
  limits: WireLimits,
): Message {
  const kept = table.fields.filter((field) => names.includes(field.name));
  const narrow: MessageTable = {
    name: table.name,
    fields: kept,
    byNumber: new Map(kept.map((f) => [f.number, f])),
  };
  return decodeMessage(narrow, bytes, limits);
}

const encoder = new TextEncoder();

/** Writes backwards: the last byte first. */
class Writer {
  bytes = new Uint8Array(4096);
  view = new DataView(this.bytes.buffer);
  /** First byte in use. */
  at = 4096;

  reserve(size: number): void {
    if (this.at >= size) return;
    const used = this.bytes.length - this.at;
    const bytes = new Uint8Array(Math.max(2 * this.bytes.length, used + size));
    bytes.set(this.bytes.subarray(this.at), bytes.length - used);
    this.at = bytes.length - used;
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
  }

  raw(part: Uint8Array): void {
    this.reserve(part.length);
    this.at -= part.length;
    this.bytes.set(part, this.at);
  }

  varint(value: Int64): void {
    if (typeof value === "number" && value >= 0 && value < 128) {
      this.reserve(1);
      this.bytes[--this.at] = value;
      return;
    }
    const part: number[] = [];
    if (typeof value === "number" && value >= 0) {
      let rest = value;
      for (; rest >= 128; rest = Math.floor(rest / 128)) part.push((rest % 128) | 0x80);
      part.push(rest);
    } else {
      let rest = BigInt.asUintN(64, BigInt(value));
      for (; rest >= 128n; rest >>= 7n) part.push(Number(rest & 0x7fn) | 0x80);
      part.push(Number(rest));
    }
    this.reserve(part.length);
    this.at -= part.length;
    this.bytes.set(part, this.at);
  }

  scalar(type: Scalar, value: unknown): void {
    switch (type) {
      case "int64":
      case "uint64":
      case "int32":
        return this.varint(value as Int64);
      case "float":
        this.reserve(4);
        this.at -= 4;
        return this.view.setFloat32(this.at, value as number, true);
      case "double":
        this.reserve(8);
        this.at -= 8;
        return this.view.setFloat64(this.at, value as number, true);
      case "string":
      case "bytes": {
        const part = type === "string" ? encoder.encode(value as string) : (value as Uint8Array);
        this.raw(part);
        return this.varint(part.length);
      }
    }
  }

  message(table: MessageTable, message: Message): void {
    for (let i = table.fields.length - 1; i >= 0; i--) {
      const field = table.fields[i]!;
      const value = message[field.name];
      if (value === undefined) continue;
      if (field.repeated) this.list(field, value as ArrayLike<unknown>);
      else this.field(field, value);
    }
  }

  field({ number, type }: Field, value: unknown): void {
    if (typeof type === "string") {
      this.scalar(type, value);
      const wire =
        type === "float" ? 5 : type === "double" ? 1 : type === "string" || type === "bytes" ? 2 : 0;
      return this.varint(number * 8 + wire);
    }
    const end = this.bytes.length - this.at;
    this.message(type, value as Message);
    this.varint(this.bytes.length - this.at - end);
    this.varint(number * 8 + 2);
  }

  list(field: Field, values: ArrayLike<unknown>): void {
    const { type } = field;
    if (values.length === 0) return;
    if (typeof type !== "string" || type === "string" || type === "bytes") {
      for (let i = values.length - 1; i >= 0; i--) this.field(field, values[i]);
      return;
    }
    const end = this.bytes.length - this.at;
    for (let i = values.length - 1; i >= 0; i--) this.scalar(type, values[i]);
    this.varint(this.bytes.length - this.at - end);
    this.varint(field.number * 8 + 2);
  }
}

/** Writes one message, fields in the order of the table: equal messages give equal bytes. */
export function encodeMessage(table: MessageTable, message: object): Uint8Array {
  const writer = new Writer();
  writer.message(table, message as Message);
  return writer.bytes.slice(writer.at);
}
