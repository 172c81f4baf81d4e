/** The last part of a name or IRI; an IRI kept in full may stand in angle brackets. */
export const localPart = (term: string): string => term.replace(/^.*[#/:]/, '').replace(/>$/, '');

/** Letters wrong in a word of this length that still leave it recognisable. */
const tolerance = (length: number): number => Math.max(1.5, Math.min(3, length / 4));

/**
 * The name that a misspelt one was probably meant to be: by its last part, whatever the case, the fewest letters away.
 *
 * @param prefix names with another prefix are taken only if nothing with this one is as near
 */
export function nearestName(term: string, names: Iterable<string>, prefix?: string): string | undefined {
  const wanted = localPart(term).toLowerCase();
  if (wanted.length === 0 || wanted.length > 100) return undefined;
  let best: { name: string; distance: number } | undefined;
  for (const name of names) {
    const local = localPart(name).toLowerCase();
    if (Math.abs(local.length - wanted.length) > 3) continue;
    const distance = editDistance(wanted, local) + (prefix && !name.startsWith(`${prefix}:`) ? 0.5 : 0);
    if (!best || distance < best.distance) best = { name, distance };
  }
  return best && best.distance <= tolerance(wanted.length) ? best.name : undefined;
}

/** The value of a list that another one was probably meant to be: near to it, or the only one that begins with it. */
export function nearestValue(written: string, values: readonly string[]): string | undefined {
  const wanted = written.trim().toLowerCase();
  if (wanted.length < 2 || wanted.length > 100) return undefined;
  const same = values.find((value) => value.toLowerCase() === wanted);
  if (same !== undefined) return same;
  // A code of two or three letters is near to many others.
  if (wanted.length < 4) return undefined;
  const longer = values.filter((value) => value.toLowerCase().startsWith(wanted));
  if (longer.length === 1) return longer[0];
  let best: { value: string; distance: number } | undefined;
  for (const value of values) {
    if (Math.abs(value.length - wanted.length) > 3) continue;
    const distance = editDistance(wanted, value.toLowerCase());
    if (!best || distance < best.distance) best = { value, distance };
  }
  return best && best.distance <= Math.max(tolerance(wanted.length), wanted.length >= 6 ? 3 : 0)
    ? best.value
    : undefined;
}

/** Levenshtein distance (insertions, deletions, replacements). */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length]!;
}
