const TICK_MS = 1;

export interface OpenLoop {
  readonly perSecond: number;
  readonly seconds: number;
  /** Sends number `index`, planned for `plannedAt` (performance.now()); must not wait. */
  send(index: number, plannedAt: number): void;
}

/**
 * Sends at a fixed rate whatever becomes of what was sent: a slow platform is met by the same load, so its queueing is
 * in the figures. What is late is sent at once. Resolves, when all is sent, with the number sent.
 */
export function openLoop({ perSecond, seconds, send }: OpenLoop): Promise<number> {
  const total = Math.round(perSecond * seconds);
  const startedAt = performance.now();
  let next = 0;
  return new Promise((resolve) => {
    const tick = () => {
      const due = Math.min(total, Math.floor(((performance.now() - startedAt) * perSecond) / 1_000) + 1);
      for (; next < due; next += 1) send(next, startedAt + (next * 1_000) / perSecond);
      if (next >= total) resolve(total);
      else setTimeout(tick, TICK_MS);
    };
    tick();
  });
}
