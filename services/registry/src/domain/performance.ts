import type { AgentPerformance } from '@nova-torch/protocol';
import { type Agent, type AgentChange, type AttemptCounts, changed } from './agent.ts';

/** One ended attempt. `seconds` is from start to completion, 0 when the start was not reported. */
export interface EndedAttempt {
  readonly taskId: string;
  readonly epoch: number;
  readonly completed: boolean;
  readonly seconds: number;
}

/** Names an attempt for good: a task never has the same epoch twice. */
export const attemptKey = ({ taskId, epoch }: EndedAttempt): string => `${taskId}:${epoch}`;

/** The performance that follows from the counts; a newcomer's success rate is 1. */
export function performanceOf({ completed, failed, seconds }: AttemptCounts): AgentPerformance {
  const ended = completed + failed;
  return {
    tasks_completed: completed,
    success_rate: ended === 0 ? 1 : completed / ended,
    avg_completion_time: completed === 0 ? 0 : seconds / completed,
  };
}

/** Counts attempts that were not counted before; undefined if there are none. */
export function countAttempts(before: Agent, attempts: readonly EndedAttempt[]): AgentChange | undefined {
  if (attempts.length === 0) return undefined;
  const completed = attempts.filter((attempt) => attempt.completed);
  const { counts } = before.state;
  const total: AttemptCounts = {
    completed: counts.completed + completed.length,
    failed: counts.failed + attempts.length - completed.length,
    seconds: completed.reduce((sum, { seconds }) => sum + seconds, counts.seconds),
  };
  const after = changed(before, {
    record: { performance: performanceOf(total) },
    state: { counts: total },
  });
  return { before, after, event: { type: 'agent.updated.v1' } };
}
