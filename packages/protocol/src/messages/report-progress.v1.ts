import { z } from 'zod';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { AgentId, TaskId } from '../ids.ts';

/**
 * How far the agent is. Sent by agents and the gateway on tasks.reports, consumed by the active task-router. A stale one is answered
 * with task.stop.v1 in the inbox.
 */
export const ReportProgressV1 = defineMessage(
  'report.progress.v1',
  z.object({
    task_id: TaskId,
    agent_id: AgentId,
    epoch: z.number(),
    lease: z.string(),
    percent: z.number().min(0).max(100).optional(),
    step: z.string().max(200).optional(),
    message: z.string().max(2_000).optional(),
  }),
);
export type ReportProgressV1 = MessageOf<typeof ReportProgressV1>;
