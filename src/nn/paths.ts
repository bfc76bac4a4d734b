/**
 * Sets of parameters by pattern: "head.**", "body.*.weight".
 *
 * "*" stands for one name of a path, "**" for any number of them, also none. Within a name, "*" stands
 * for any letters.
 */

/** Whether a dotted path fits a pattern. */
export function matches(pattern: string, path: string): boolean {
  return fits(pattern.split("."), 0, path.split("."), 0);
}

function fits(pattern: readonly string[], i: number, path: readonly string[], j: number): boolean {
  if (i === pattern.length) return j === path.length;
  const part = pattern[i]!;
  if (part === "**") {
    for (let k = j; k <= path.length; k++) if (fits(pattern, i + 1, path, k)) return true;
    return false;
  }
  return j < path.length && nameFits(part, path[j]!) && fits(pattern, i + 1, path, j + 1);
}

function nameFits(pattern: string, name: string): boolean {
  const [first, ...others] = pattern.split("*");
  if (others.length === 0) return name === pattern;
  if (!name.startsWith(first!)) return false;
  let at = first!.length;
  const last = others.pop()!;
  for (const part of others) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}
