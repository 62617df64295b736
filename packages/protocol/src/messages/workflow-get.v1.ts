import { z } from 'zod';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { AgentId, TaskId } from '../ids.ts';
import { WorkflowId } from '../task-spec.ts';

/**
 * Question: the tasks of a workflow, in the order of their ids. Sent on tasks.queries, consumed by any task-router, answered
 * by workflow.state.v1.
 */
export const WorkflowGetV1 = defineMessage(
  'workflow.get.v1',
  z.object({
    workflow_id: WorkflowId,
    /** The last task of the page before. */
    after: TaskId.optional(),
    /** Only tasks this agent submitted or holds. */
    reader: AgentId.optional(),
  }),
);
export type WorkflowGetV1 = MessageOf<typeof WorkflowGetV1>;
