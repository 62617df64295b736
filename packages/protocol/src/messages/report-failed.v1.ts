import { z } from 'zod';
import { ERROR_MESSAGE_CHARS_MAX } from '../bounds.ts';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { AgentId, TaskId } from '../ids.ts';

/**
 * The attempt failed. Sent by agents and the gateway on tasks.reports, consumed by the active task-router. `retryable: false` uses up all
 * retries; `returned` gives the task back unstarted, which is no attempt (a draining agent).
 */
export const ReportFailedV1 = defineMessage(
  'report.failed.v1',
  z.object({
    task_id: TaskId,
    agent_id: AgentId,
    epoch: z.number(),
    lease: z.string(),
    started_at_ms: z.number().optional(),
    code: z.string().max(100).default('AGENT_REPORTED'),
    message: z.string().max(ERROR_MESSAGE_CHARS_MAX),
    retryable: z.boolean().default(true),
    returned: z.boolean().default(false),
    exit_code: z.int().optional(),
  }),
);
export type ReportFailedV1 = MessageOf<typeof ReportFailedV1>;
