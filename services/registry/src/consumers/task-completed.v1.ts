import type { TaskCompletedV1 } from '@nova-torch/protocol';
import type { AgentAttempt } from './ended-attempts.ts';

/** Completed tasks count for the agents that did them. */
export function attemptsOfTaskCompleted({ payload }: TaskCompletedV1): AgentAttempt[] {
  return payload.tasks.flatMap(
    ({ task_id, agent_id, epoch, started_at_ms, worked_until_ms, ended_at_ms }) => {
      if (agent_id === undefined) return [];
      const untilMs = worked_until_ms ?? ended_at_ms;
      const seconds = Math.max(0, untilMs - (started_at_ms ?? untilMs)) / 1000;
      return [{ agentId: agent_id, attempt: { taskId: task_id, epoch, completed: true, seconds } }];
    },
  );
}
