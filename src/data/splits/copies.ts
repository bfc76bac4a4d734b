/** Copies of a row on the side of the first: a model would else be asked what it has seen. */
import type { Split } from "./split.ts";

/**
 * @param firstOf - For each row of the table the first that it is a copy of, itself where it is none.
 * @returns The same split, with every copy where its first row is. Both must take part in it.
 */
export function withCopies({ train, test }: Split, firstOf: Int32Array): Split {
  const tested = new Uint8Array(firstOf.length);
  for (const row of test) tested[row] = 1;
  const rows = new Uint32Array(train.length + test.length);
  rows.set(train);
  rows.set(test, train.length);
  rows.sort();
  const isTest = (row: number): boolean => tested[firstOf[row]!] === 1;
  return { train: rows.filter((row) => !isTest(row)), test: rows.filter(isTest) };
}

/** Different rows that a class needs, and the share of its rows, for its copies to be kept together. */
const leastDifferent = 20;
const leastShare = 0.7;

/** The same rows, but copies left apart in classes where so few rows differ that one side might have none. */
export function copiesOfClasses(firstOf: Int32Array, codes: Int32Array, classCount: number): Int32Array {
  const rows = new Uint32Array(classCount);
  const different = new Uint32Array(classCount);
  codes.forEach((code, row) => {
    rows[code]!++;
    if (firstOf[row] === row) different[code]!++;
  });
  return firstOf.map((first, row) => {
    const code = codes[row]!;
    return different[code]! >= Math.max(leastDifferent, leastShare * rows[code]!) ? first : row;
  });
}
