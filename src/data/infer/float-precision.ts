/**
 * Whether a column of numbers keeps its distinct values when rounded to float32.
 *
 * Exact, and cheap for the usual columns: values that are float32 already, and decimals with few digits, are
 * recognised in one pass; the rest goes through a table from rounded value to value that stops at the first
 * two values that meet.
 */

/** Steps of r / scale stay apart by two float32 steps up to here, so no two round to the same. */
const safeSteps = 2 ** 22;

/** True when float32 is enough: distinct values stay distinct, and none overflows. NaN is left out. */
export function float32Keeps(values: Float64Array): boolean {
  return isExact(values) || hasFewDigits(values) || !roundingMeets(values);
}

function isExact(values: Float64Array): boolean {
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (Math.fround(value) !== value && value === value) return false;
  }
  return true;
}

function hasFewDigits(values: Float64Array): boolean {
  let scale = 1;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value !== value) continue;
    while (Math.round(value * scale) / scale !== value) {
      scale *= 10;
      if (scale > 1e7) return false;
    }
  }
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (Math.abs(value) * scale > safeSteps) return false;
    if (value === value && Math.round(value * scale) / scale !== value) return false;
  }
  return true;
}

/** Whether two different values round to one float32, or a finite one overflows. */
function roundingMeets(values: Float64Array): boolean {
  let capacity = 1024;
  let used = 0;
  let table = new Float64Array(capacity).fill(Number.NaN);
  const single = new Float32Array(1);
  const bits = new Uint32Array(single.buffer);
  const slotOf = (value: number): number => {
    single[0] = value === 0 ? 0 : value;
    const hash = Math.imul(bits[0]! ^ (bits[0]! >>> 15), 0x2c1b3c6d);
    return (hash ^ (hash >>> 13)) & (capacity - 1);
  };
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value !== value) continue;
    const rounded = Math.fround(value);
    if (!Number.isFinite(rounded)) return true;
    let slot = slotOf(rounded);
    for (;;) {
      const other = table[slot]!;
      if (other !== other) break;
      if (other === value) break;
      if (Math.fround(other) === rounded) return true;
      slot = (slot + 1) & (capacity - 1);
    }
    if (table[slot] === value) continue;
    table[slot] = value;
    if (++used * 2 > capacity) {
      const old = table;
      capacity *= 2;
      table = new Float64Array(capacity).fill(Number.NaN);
      for (const kept of old) {
        if (kept !== kept) continue;
        let free = slotOf(Math.fround(kept));
        while (table[free]! === table[free]!) free = (free + 1) & (capacity - 1);
        table[free] = kept;
      }
    }
  }
  return false;
}
