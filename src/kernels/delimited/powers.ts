/**
 * Powers of five to 128 bits, for rounding long decimal numbers: 5^q shifted so that its highest bit is set, cut
 * off for q ≥ 0 and rounded up for q < 0. Source: Lemire 2021, "Number parsing at a gigabyte per second", § 5.
 */
const lowest = -60;
const highest = 60;
export const powerBytes = (highest - lowest + 1) * 16;

/** Writes the table: high and low 64 bits of each power, from 5^−60 to 5^60. */
export function fillPowers(target: Uint8Array): void {
  const view = new DataView(target.buffer, target.byteOffset, target.byteLength);
  for (let q = lowest; q <= highest; q++) {
    const bits = powerOfFive(q);
    const at = (q - lowest) * 16;
    view.setBigUint64(at, bits >> 64n, true);
    view.setBigUint64(at + 8, bits & 0xffffffffffffffffn, true);
  }
}

function powerOfFive(q: number): bigint {
  const power = 5n ** BigInt(Math.abs(q));
  const length = BigInt(power.toString(2).length);
  if (q >= 0) return length <= 128n ? power << (128n - length) : power >> (length - 128n);
  // 2^b / 5^|q| with b chosen so that the quotient has 128 bits, or more bits that are cut off again.
  const shift = q >= -27 ? length + 127n : 2n * length + 128n;
  let quotient = (1n << shift) / power + 1n;
  while (quotient >= 1n << 128n) quotient >>= 1n;
  return quotient;
}
