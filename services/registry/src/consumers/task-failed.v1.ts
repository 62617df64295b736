import type { TaskFailedV1 } from '@nova-torch/protocol';
import type { AgentAttempt } from './ended-attempts.ts';

/** A failed task counts against the agent that had it; one that was cancelled, expired or could not be judged says nothing about it. */
export function attemptOfTaskFailed({ payload }: TaskFailedV1): AgentAttempt | undefined {
  if (payload.agent_id === undefined || payload.status !== 'failed') return undefined;
  if (payload.error.code === 'NOT_VERIFIED') return undefined;
  const { task_id: taskId, epoch } = payload;
  return { agentId: payload.agent_id, attempt: { taskId, epoch, completed: false, seconds: 0 } };
}
