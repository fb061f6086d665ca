/** The nearest right name for a wrong one. */

/**
 * The candidate nearest to `wrong`, or undefined when none is near: at most two letters off, or a third of the longer
 * name. Case, hyphens and camelCase do not count.
 */
export function nearest(wrong: string, candidates: readonly string[]): string | undefined {
  if (wrong.length > 100) return undefined;
  const wanted = plain(wrong);
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const name = plain(candidate);
    const distance = editDistance(wanted, name);
    const limit = Math.max(
      Math.min(2, name.length - 1),
      Math.floor(Math.max(wanted.length, name.length) / 3),
    );
    if (distance <= limit && distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** '; did you mean `x`?', or nothing. */
export function didYouMean(wrong: string, candidates: readonly string[]): string {
  const found = nearest(wrong, candidates);
  return found === undefined ? '' : `; did you mean \`${found}\`?`;
}

function plain(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll('-', '_')
    .toLowerCase();
}

/** Levenshtein distance: letters to insert, remove or replace. */
export function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replace, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    previous = row;
  }
  return previous[b.length] ?? 0;
}
