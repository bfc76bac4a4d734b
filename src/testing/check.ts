/** A check is a name and a function that throws: it needs no test runner of ours, and runs under any. */
import { isDeepStrictEqual } from "node:util";

/** One law, ready to run: `test(check.name, check.run)`. */
export interface Check {
  readonly name: string;
  /** Rejects with what is wrong, by its numbers. */
  readonly run: () => Promise<void>;
}

/** A law; or, where a reason says that it cannot be kept, the check that it really is broken. */
export function lawOrException(name: string, run: () => Promise<void>, reason: string | undefined): Check {
  if (reason === undefined) return { name, run };
  return {
    name: `not so: ${name}, because ${reason}`,
    async run() {
      const kept = await run().then(
        () => true,
        () => false,
      );
      require(!kept, `The law "${name}" is kept after all: take the exception out.`);
    },
  };
}

/** @throws Error with the message where the condition does not hold. */
export function require(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(message);
}

/** Equal in every bit and field. */
export function requireSame(actual: unknown, expected: unknown, what: string): void {
  require(isDeepStrictEqual(actual, expected), `${what} differ: ${short(actual)} and ${short(expected)}.`);
}

/** Equal up to the tolerance, relative above 1; infinities and NaN are equal to themselves. */
export function requireNear(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  place: (i: number) => string = (i) => `value ${i}`,
): void {
  require(actual.length === expected.length, `${actual.length} values, and not ${expected.length}.`);
  for (let i = 0; i < actual.length; i++) {
    const [a, b] = [actual[i]!, expected[i]!];
    if (a === b || Object.is(a, b) || Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(b))) continue;
    throw new Error(`${place(i)} is ${a}, and not ${b} within ${tolerance}.`);
  }
}

/** The work must fail, with a message of this pattern. */
export async function requireRefusal(work: () => unknown, pattern: RegExp, what: string): Promise<void> {
  let message: string | undefined;
  try {
    await work();
  } catch (error) {
    message = error instanceof Error ? error.message : String(error);
  }
  require(message !== undefined, `${what} is not refused.`);
  require(pattern.test(message), `${what} is refused with "${message}", which does not match ${pattern}.`);
}

function short(value: unknown): string {
  const text = ArrayBuffer.isView(value)
    ? `[${(value as unknown as Float64Array).slice(0, 6).join(", ")}, …]`
    : (JSON.stringify(value) ?? String(value));
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
