import type { AttemptFailedV1 } from '@nova-torch/protocol';
import type { AgentAttempt } from './ended-attempts.ts';

/**
 * An attempt that failed counts against the agent, though another attempt follows; one that others could not judge says
 * nothing about it.
 */
export function attemptOfAttemptFailed({ payload }: AttemptFailedV1): AgentAttempt | undefined {
  if (payload.error.code === 'NOT_VERIFIED') return undefined;
  const { task_id: taskId, epoch } = payload;
  return { agentId: payload.agent_id, attempt: { taskId, epoch, completed: false, seconds: 0 } };
}
