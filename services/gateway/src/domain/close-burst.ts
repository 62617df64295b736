/** Connections of agents that closed in front of their answer. */
export interface Closed {
  agentId: string;
  atMs: number;
}

/** How far apart closes may be to count as one event, in ms. */
export const BURST_WINDOW_MS = 1_000;

/** So many closes are no burst, however few connections there are: two agents of three may die together. */
const BURST_MIN = 3;

/**
 * Whether these closes are agents that died, or a network or proxy that went away with most of them: then nobody is
 * called dead early and each agent keeps its full heartbeat window. `openBefore` counts the connections that were open
 * before the first of the closes. Measured from the last close, not from now: a process that was held up judges late, and
 * that is when a burst is most likely.
 */
export function isBurst(closes: readonly Closed[], openBefore: number): boolean {
  const recent = withinWindow(closes).length;
  return recent > BURST_MIN && recent * 2 > openBefore;
}

/** Those of the closes, in their order, that are one event with the last. */
export function withinWindow(closes: readonly Closed[]): Closed[] {
  const last = closes.at(-1)?.atMs ?? 0;
  return closes.filter(({ atMs }) => last - atMs <= BURST_WINDOW_MS);
}
