import { z } from 'zod';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { AgentId, TaskId } from '../ids.ts';

/**
 * The agent began to work. Sent by agents and the gateway on tasks.reports, consumed by the active task-router; before any other report
 * of the same assignment.
 */
export const ReportStartedV1 = defineMessage(
  'report.started.v1',
  z.object({
    task_id: TaskId,
    agent_id: AgentId,
    epoch: z.number(),
    lease: z.string(),
    started_at_ms: z.number(),
  }),
);
export type ReportStartedV1 = MessageOf<typeof ReportStartedV1>;
