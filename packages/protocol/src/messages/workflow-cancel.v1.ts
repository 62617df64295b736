import { z } from 'zod';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { WorkflowId } from '../task-spec.ts';

/**
 * Ends every task of a workflow that has not ended. Sent by the gateway on tasks.queue, consumed by the active task-router,
 * answered by workflow.cancelled.v1.
 */
export const WorkflowCancelV1 = defineMessage(
  'workflow.cancel.v1',
  z.object({ workflow_id: WorkflowId, reason: z.string().max(2_000), by: z.string().min(1).max(200) }),
);
export type WorkflowCancelV1 = MessageOf<typeof WorkflowCancelV1>;
