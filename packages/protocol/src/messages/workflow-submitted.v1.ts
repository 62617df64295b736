import { z } from 'zod';
import { WORKFLOW_MESSAGE_BYTES_MAX, WORKFLOW_TASKS_MAX } from '../bounds.ts';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { TaskId } from '../ids.ts';
import { TaskSpec, WorkflowId } from '../task-spec.ts';

/**
 * Tasks that depend on one another: all of them are accepted, or none. Sent by the gateway on tasks.queue, consumed by the
 * active task-router, answered by workflow.accepted.v1. A task stands behind all it depends on. A repeat with the same
 * ids changes nothing. The one message with a bound of its own.
 */
export const WorkflowSubmittedV1 = defineMessage(
  'workflow.submitted.v1',
  z.object({
    workflow_id: WorkflowId,
    tasks: z
      .array(z.object({ task_id: TaskId, spec: TaskSpec }))
      .min(1)
      .max(WORKFLOW_TASKS_MAX),
    submitter: z.string().min(1).max(200),
  }),
  { bytesMax: WORKFLOW_MESSAGE_BYTES_MAX },
);
export type WorkflowSubmittedV1 = MessageOf<typeof WorkflowSubmittedV1>;
