// Reading less often what comes all the time: a read costs its reader and the broker more than the entries it brings.
import { pause } from './pause.ts';

export interface Gathering {
  /** Resolves when the next read may begin: at once, unless something was taken less than the time before. */
  due(): Promise<void>;
  /** Something was taken just now; `isMore` when more waits already, which is then not left waiting. */
  took(isMore: boolean): void;
}

/**
 * Keeps reads `ms` apart while entries come, so that they come together. What comes after a quiet time is taken at once.
 * Ends its waiting with the signal.
 */
export function createGathering(ms: number, signal: AbortSignal): Gathering {
  let dueAt = 0;
  return {
    async due() {
      const waitMs = dueAt - performance.now();
      if (waitMs > 0) await pause(waitMs, signal);
    },
    took(isMore) {
      dueAt = isMore ? 0 : performance.now() + ms;
    },
  };
}
