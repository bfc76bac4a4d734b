/**
 * Seeded randomness: one tree of generators, so that every random choice follows from one seed.
 *
 * A generator is xoshiro128** seeded through splitmix32. `child(label)` derives
 * an independent generator from the seed and the label only, never from how many
 * numbers were drawn before, so adding a draw in one place changes nothing
 * elsewhere. Source: Blackman & Vigna 2021, ACM TOMS 47(4); Steele et al. 2014.
 */

/** A deterministic source of random numbers. */
export interface Random {
  /** `createRandom(seed)` is this generator from its beginning: for a thread that goes on with it. */
  readonly seed: number;
  /** Uniform in [0, 1) with 53 random bits. */
  next(): number;
  /** Uniform integer in [0, bound). `bound` in 1 … 2^32. */
  integer(bound: number): number;
  /** Standard normal, by the polar method. */
  normal(): number;
  /** Independent generator named by `label` under this one. */
  child(label: string | number): Random;
  /** Fisher–Yates in place; returns the same array. */
  shuffle<T extends { length: number; [index: number]: unknown }>(items: T): T;
}

/** Mixes a 32-bit state into 32 well-distributed bits (murmur3's finaliser). */
export function mix32(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** 32-bit hash of a string's UTF-16 units, seeded. Not for security. */
export function hashString(text: string, seed = 0): number {
  let h = mix32(seed ^ 0x9e3779b9);
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return mix32(h ^ text.length);
}

/** Uniform in [0, 1) fixed by seed and row: the draw of a row does not depend on the rows around it. */
export function rowUniform(seed: number, row: number): number {
  return mix32(mix32(seed) ^ Math.imul(row + 1, 0x9e3779b1)) / 4294967296;
}

/**
 * Makes the generator of a seed.
 *
 * @param seed - Any safe integer.
 */
export function createRandom(seed: number): Random {
  const base = mix32((seed | 0) ^ mix32(Math.floor(seed / 4294967296)));
  let state = base;
  const split = (): number => {
    state = (state + 0x9e3779b9) | 0;
    return mix32(state);
  };
  let a = split();
  let b = split();
  let c = split();
  let d = split();

  const next32 = (): number => {
    const r = Math.imul(b, 5);
    const result = Math.imul((r << 7) | (r >>> 25), 9) >>> 0;
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = (d << 11) | (d >>> 21);
    return result;
  };

  const random: Random = {
    seed,
    next: () => (next32() * 2097152 + (next32() >>> 11)) / 9007199254740992,
    integer(bound) {
      const limit = 4294967296 - (4294967296 % bound);
      let draw = next32();
      while (draw >= limit) draw = next32();
      return draw % bound;
    },
    normal() {
      for (;;) {
        const u = 2 * random.next() - 1;
        const v = 2 * random.next() - 1;
        const s = u * u + v * v;
        if (s > 0 && s < 1) return u * Math.sqrt((-2 * Math.log(s)) / s);
      }
    },
    child: (label) => createRandom(hashString(String(label), base)),
    shuffle(items) {
      for (let i = items.length - 1; i > 0; i--) {
        const j = random.integer(i + 1);
        const kept = items[i];
        items[i] = items[j];
        items[j] = kept;
      }
      return items;
    },
  };
  return random;
}
