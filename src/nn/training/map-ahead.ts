/** What comes one after the other, made into something else ahead of the reader, in the same order. */

/**
 * @param source - Left where the reader leaves, or where making fails.
 * @param ahead - How many are made while the reader has one.
 */
export async function* mapAhead<A, B>(
  source: Iterable<A> | AsyncIterable<A>,
  ahead: number,
  make: (item: A) => Promise<B>,
): AsyncGenerator<B> {
  const items = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  const waiting: Promise<B>[] = [];
  let ended = false;
  const takeOne = async (): Promise<void> => {
    const next = await items.next();
    if (next.done === true) {
      ended = true;
      return;
    }
    const made = make(next.value);
    // It is thrown where it is awaited; until then it must not end the process.
    made.catch(() => undefined);
    waiting.push(made);
  };
  try {
    for (;;) {
      while (!ended && waiting.length <= ahead) await takeOne();
      const first = waiting.shift();
      if (first === undefined) return;
      yield await first;
    }
  } finally {
    await items.return?.();
  }
}
