import { z } from 'zod';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { TaskId } from '../ids.ts';
import { WorkflowId } from '../task-spec.ts';
import { WorkflowTask } from '../workflow.ts';

/** Answer to workflow.get.v1, on the asker's reply stream: a page of its tasks, and where the next one begins. */
export const WorkflowStateV1 = defineMessage(
  'workflow.state.v1',
  z.object({
    workflow_id: WorkflowId,
    title: z.string().optional(),
    tasks: z.array(WorkflowTask),
    next: TaskId.optional(),
  }),
);
export type WorkflowStateV1 = MessageOf<typeof WorkflowStateV1>;
