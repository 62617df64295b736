import type { TaskFailedV1 } from '@nova-torch/protocol';
import type { AgentAttempt } from './ended-attempts.ts';

/** A failed task counts against the agent that had it; a cancelled or expired one says nothing about the agent. */
export function attemptOfTaskFailed({ payload }: TaskFailedV1): AgentAttempt | undefined {
  if (payload.agent_id === undefined || payload.status !== 'failed') return undefined;
  const { task_id: taskId, epoch } = payload;
  return { agentId: payload.agent_id, attempt: { taskId, epoch, completed: false, seconds: 0 } };
}
