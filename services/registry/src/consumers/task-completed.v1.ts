import type { TaskCompletedV1 } from '@nova-torch/protocol';
import type { AgentAttempt } from './ended-attempts.ts';

/** A completed task counts for the agent that did it. */
export function attemptOfTaskCompleted({ payload }: TaskCompletedV1): AgentAttempt | undefined {
  if (payload.agent_id === undefined) return undefined;
  const startedMs = payload.started_at_ms ?? payload.ended_at_ms;
  return {
    agentId: payload.agent_id,
    attempt: {
      taskId: payload.task_id,
      epoch: payload.epoch,
      completed: true,
      seconds: Math.max(0, payload.ended_at_ms - startedMs) / 1000,
    },
  };
}
