import type { AgentPerformance } from '@nova-torch/protocol';
import type { PerformancePrior } from './routing.ts';

/** Smoothed success rate, and speed against what is usual (0: not known); 7 to 3. Between 0 and 1. */
export function performanceShare(
  performance: AgentPerformance,
  usualSeconds: number,
  prior: PerformancePrior,
): number {
  const { tasks_completed: done, success_rate: rate, avg_completion_time: seconds } = performance;
  const attempts = rate > 0 ? done / rate : done;
  const weight = attempts + prior.attempts;
  const success = weight > 0 ? (done + prior.success * prior.attempts) / weight : prior.success;
  const speed = seconds > 0 && usualSeconds > 0 ? usualSeconds / (usualSeconds + seconds) : 0.5;
  return 0.7 * success + 0.3 * speed;
}
