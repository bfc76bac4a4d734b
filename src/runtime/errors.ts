/** Errors of ONNX Runtime as ours. */
import { MillwrightError } from "../core/index.ts";

/** An error of ONNX Runtime with its first line as the message. */
export function runtimeError(doing: string, cause: unknown): MillwrightError {
  if (cause instanceof MillwrightError) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  const line = message.split("\n", 1)[0]!.trim();
  return new MillwrightError(
    "RUNTIME_FAILED",
    `ONNX Runtime failed at ${doing}: ${line.slice(0, 500)}`,
    "Check the shapes and values fed, or the node that it names.",
    { cause },
  );
}
