import { z } from 'zod';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { AgentId, TaskId } from '../ids.ts';
import { TaskError } from '../task.ts';
import { TaskSpec } from '../task-spec.ts';

/**
 * An agent is to do this task. Written into the agent's inbox by the task-router, in the script that assigns. Started without asking
 * only before `lease_until_ms` (the broker's clock); reports must carry the same epoch and lease (invariant I5).
 */
export const TaskAssignedV1 = defineMessage(
  'task.assigned.v1',
  z.object({
    task_id: TaskId,
    agent_id: AgentId,
    epoch: z.number(),
    lease: z.string(),
    lease_until_ms: z.number(),
    attempt: z.int().min(1),
    spec: TaskSpec,
    dependency_results: z.record(TaskId, z.unknown()).default({}),
    /** Why the attempt before this one failed, such as what its reviewer said. */
    last_error: TaskError.optional(),
  }),
);
export type TaskAssignedV1 = MessageOf<typeof TaskAssignedV1>;
