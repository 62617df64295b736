import { z } from 'zod';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { WorkflowId } from '../task-spec.ts';

/** Answer to workflow.submitted.v1, on the asker's reply stream: every task of it has a record. */
export const WorkflowAcceptedV1 = defineMessage(
  'workflow.accepted.v1',
  z.object({ workflow_id: WorkflowId, tasks: z.int().min(1), repeated: z.boolean() }),
);
export type WorkflowAcceptedV1 = MessageOf<typeof WorkflowAcceptedV1>;
