/** Windows of rates are this long in a live run: a thing that is over is forgotten as soon. */
export const LIVE_WINDOW = '30s';

/**
 * A file of rules that fires at once: without `for`, with rates over {@link LIVE_WINDOW}, worked out as often as
 * Prometheus works out anything. Bounds stay. Extrapolations keep their window, which says how much they know.
 */
export function shortened(rules: string): string {
  return rules
    .replace(/^ +(for|interval): .*\n/gm, '')
    .replace(/\b(rate|increase|delta)\(([^[]+)\[\w+\]/g, `$1($2[${LIVE_WINDOW}]`);
}
