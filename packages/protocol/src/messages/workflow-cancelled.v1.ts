import { z } from 'zod';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { WorkflowId } from '../task-spec.ts';

/** Answer to workflow.cancel.v1, on the asker's reply stream: no task of it goes on. */
export const WorkflowCancelledV1 = defineMessage(
  'workflow.cancelled.v1',
  z.object({
    workflow_id: WorkflowId,
    cancelled: z.int().min(0).describe('Tasks this cancel ended'),
    ended: z.int().min(0).describe('Tasks that had ended before'),
  }),
);
export type WorkflowCancelledV1 = MessageOf<typeof WorkflowCancelledV1>;
