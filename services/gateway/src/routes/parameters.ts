import { AgentId, PAGE_MAX, TaskId, WorkflowId } from '@nova-torch/protocol';
import { z } from 'zod';

const TASK_EXAMPLE = 'task-0-0193f2ab4d7e7c1f9f0e5a4b3c2d1e0f';
const AGENT_EXAMPLE = 'agent-0-0193f2ab51a0722e8c1d9b7a6f5e4d3c';

/** Parts of schemas that several routes share. */
export const taskPath = z.object({ task_id: TaskId.meta({ examples: [TASK_EXAMPLE] }) });
export const agentPath = z.object({ agent_id: AgentId.meta({ examples: [AGENT_EXAMPLE] }) });
export const workflowPath = z.object({
  workflow_id: WorkflowId.meta({ examples: ['wf-0-0193f2ab4d7e7c1f9f0e5a4b3c2d1e0f'] }),
});
export const agentTaskPath = z.object({ ...agentPath.shape, ...taskPath.shape });

/** Query parameters of a list. */
export const pageQuery = {
  cursor: z.string().max(200).optional().describe('`next_cursor` of the page before'),
  limit: z.coerce.number().int().min(1).max(PAGE_MAX).default(50).describe('Entries of a page at most'),
};

/** Printable ASCII without blanks, as header values go. */
const IdempotencyKey = z
  .string()
  .regex(/^[\x21-\x7e]{1,255}$/, '1 to 255 printable ASCII characters without blanks')
  .describe('Makes repeating safe: the same key with the same body is the same request');

export const idempotencyHeaders = z.object({ 'idempotency-key': IdempotencyKey.optional() });

/** The broker's clock with an answer, so that agents can keep deadlines without a clock of their own. */
export const serverTime = z.number().describe("The broker's clock, Unix milliseconds");

/** An entry of an inbox, as a pull names it. */
export const EntryId = z.string().regex(/^\d{1,20}-\d{1,20}$/, 'an `entry_id` of a pull');

/** What every report about an assignment carries: it counts only if both are those of the assignment. */
export const assignmentFields = {
  epoch: z.number().describe('`epoch` of the assignment'),
  lease: z.string().min(1).max(200).describe('`lease` of the assignment'),
};

/** Fields of a report that settles an assignment. */
export const settlingFields = {
  started_at_ms: z.number().optional().describe('When it began, if its start was not reported'),
  exit_code: z.int().optional().describe('Of the command it ran'),
  entry_ids: z
    .array(EntryId)
    .max(16)
    .default([])
    .describe('Inbox entries this settles: acknowledged together with the report'),
};
