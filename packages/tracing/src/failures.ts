/** Failures of traces that are not sampled which one process records in a second; also what it may record at once. */
export const FAILURES_PER_S = 50;

/** Bounds what failures cost: when everything fails, the first ones tell why. */
export interface FailureBudget {
  /** Whether one more may be recorded at this time, monotonic milliseconds; it is taken as recorded. */
  take(nowMs: number): boolean;
}

/** A full budget. It fills up again evenly. */
export function failureBudget(perSecond: number = FAILURES_PER_S): FailureBudget {
  let left = perSecond;
  let filledAtMs: number | undefined;
  return {
    take(nowMs) {
      left = Math.min(perSecond, left + ((nowMs - (filledAtMs ?? nowMs)) / 1_000) * perSecond);
      filledAtMs = nowMs;
      if (left < 1) return false;
      left -= 1;
      return true;
    },
  };
}
