/** One file of a kind to its content: what the threads of `decode.ts` do. */
import { maxResampleFactor, MillwrightError, resample } from "../../core/index.ts";
import { decodeImage, type ImageOptions, type Pixels } from "./image.ts";
import { type Decoded, maxFileBytes } from "./media.ts";
import { contentNow } from "./read-bytes.ts";
import { maxTextBytes, readText, type Text } from "./text.ts";
import { readWav, type Sound } from "./wav.ts";

/** What is to be made of files; plain data, so that it can be sent to a thread. */
export type DecodeWork =
  | { readonly kind: "image"; readonly options: ImageOptions }
  | { readonly kind: "audio"; readonly rate: number | undefined }
  | { readonly kind: "text" };

export type Content = Pixels | Sound | Text;

/** Never rejects for a file's sake: only where the work itself cannot be done (`RUNTIME_MISSING`, `PARAMETER_*`). */
export async function decodeFile(work: DecodeWork, source: string | Uint8Array): Promise<Decoded<Content>> {
  try {
    if (work.kind === "image") return await decodeImage(source, work.options);
    if (work.kind === "text") return await readText(source);
    const sound = await readWav(source);
    if (!sound.ok || work.rate === undefined || work.rate === sound.rate) return sound;
    if (Math.max(sound.rate / work.rate, work.rate / sound.rate) > maxResampleFactor) {
      return { ok: false, reason: `has a rate of ${sound.rate} samples a second, too far from ${work.rate}` };
    }
    return { ...sound, samples: resample(sound.samples, sound.rate, work.rate), rate: work.rate };
  } catch (error) {
    if (error instanceof MillwrightError) throw error;
    return {
      ok: false,
      reason: `cannot be decoded (${error instanceof Error ? error.message : String(error)})`,
    };
  }
}

/** The same for a thread that does nothing else. */
export async function decodeHere(work: DecodeWork, path: string): Promise<Decoded<Content>> {
  const content = contentNow(path, work.kind === "text" ? maxTextBytes : maxFileBytes);
  return content.ok ? decodeFile(work, content.bytes) : content;
}

/** The memory of a content that can be handed over instead of copied. */
export function memoryOf(content: Decoded<Content>): ArrayBuffer[] {
  if (!content.ok || "text" in content) return [];
  return ["pixels" in content ? content.pixels.buffer : content.samples.buffer];
}

/** Bytes that a content takes. */
export function bytesOf(content: Content): number {
  if ("pixels" in content) return content.pixels.byteLength;
  return "samples" in content ? content.samples.byteLength : 2 * content.text.length;
}
