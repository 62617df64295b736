/** Connections of agents that closed in front of their answer. */
export interface Closed {
  agentId: string;
  atMs: number;
}

/** How far back closes count as one event, in ms. */
export const BURST_WINDOW_MS = 1_000;

/** So many closes are no burst, however few connections there are: two agents of three may die together. */
const BURST_MIN = 3;

/**
 * Whether these closes are agents that died, or a network or proxy that went away with most of them: then nobody is
 * called dead early and each agent keeps its full heartbeat window. `openBefore` counts the connections that were open
 * before the first of the closes.
 */
export function isBurst(closes: readonly Closed[], openBefore: number, nowMs: number): boolean {
  const recent = closes.filter(({ atMs }) => nowMs - atMs <= BURST_WINDOW_MS).length;
  return recent > BURST_MIN && recent * 2 > openBefore;
}
