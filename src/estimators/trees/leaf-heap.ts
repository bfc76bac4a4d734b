/** Leaves that may still be split, best first. */
import type { FoundSplit } from "../../kernels/index.ts";

/** A leaf while the tree grows. */
export interface OpenLeaf {
  begin: number;
  end: number;
  passiveBegin: number;
  passiveEnd: number;
  depth: number;
  g: number;
  h: number;
  /** Bounds of the value in quantised units, from monotone constraints above. */
  lower: number;
  upper: number;
  split: FoundSplit | undefined;
  gain: number;
  histogram: number;
  /** Where it hangs: node and side, node −1 for the root. */
  parent: number;
  isLeft: boolean;
  serial: number;
}

/** Open leaves by gain, the earlier first among equals. */
export class LeafHeap {
  readonly #items: OpenLeaf[] = [];

  #before(a: OpenLeaf, b: OpenLeaf): boolean {
    return a.gain > b.gain || (a.gain === b.gain && a.serial < b.serial);
  }

  push(leaf: OpenLeaf): void {
    const items = this.#items;
    let at = items.push(leaf) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#before(items[parent]!, leaf)) break;
      items[at] = items[parent]!;
      at = parent;
    }
    items[at] = leaf;
  }

  pop(): OpenLeaf | undefined {
    const items = this.#items;
    const top = items[0];
    const last = items.pop();
    if (top === undefined || last === undefined || items.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && this.#before(items[child + 1]!, items[child]!)) child++;
      if (this.#before(last, items[child]!)) break;
      items[at] = items[child]!;
      at = child;
    }
    items[at] = last;
    return top;
  }
}
