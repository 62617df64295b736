import { z } from 'zod';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { AgentId, TaskId } from '../ids.ts';
import { TaskError } from '../task.ts';
import { TaskSpec } from '../task-spec.ts';
import { TERMINAL_STATES } from '../task-state.ts';

/**
 * A task that had ended before the broker lost its data, or went back to older data. Sent by the gateway that kept it in
 * its journal on tasks.queue, consumed by the active task-router: a task that is not there comes back as ended, one that has not
 * ended (again) ends as it did; one that has ended stays as it is.
 */
export const TaskRestoredV1 = defineMessage(
  'task.restored.v1',
  z.object({
    task_id: TaskId,
    spec: TaskSpec,
    submitter: z.string().min(1).max(200),
    submitted_at_ms: z.number(),
    end: z.object({
      status: z.enum(TERMINAL_STATES),
      ended_at_ms: z.number(),
      started_at_ms: z.number().optional(),
      epoch: z.number(),
      attempt: z.int().min(0),
      agent_id: AgentId.optional(),
      result: z.unknown().optional(),
      error: TaskError.optional(),
    }),
  }),
);
export type TaskRestoredV1 = MessageOf<typeof TaskRestoredV1>;
