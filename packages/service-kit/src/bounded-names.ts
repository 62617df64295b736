/** Names of one label that are shown; the rest are counted together under {@link OTHER_NAMES}. */
export const SHOWN_NAMES = 20;

/** Stands for the names beyond the bound. */
export const OTHER_NAMES = 'other';

/**
 * Bounds a label whose values people make up: the names with the greatest weight stay (those of equal weight in the
 * order of the alphabet), all others become one.
 *
 * @returns what a name is called in a label
 */
export function boundNames(
  weights: ReadonlyMap<string, number>,
  max: number = SHOWN_NAMES,
): (name: string) => string {
  if (weights.size <= max) return (name) => (weights.has(name) ? name : OTHER_NAMES);
  const heaviest = [...weights].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).slice(0, max);
  const shown = new Set(heaviest.map(([name]) => name));
  return (name) => (shown.has(name) ? name : OTHER_NAMES);
}
