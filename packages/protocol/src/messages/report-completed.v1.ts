import { z } from 'zod';
import { ReportedEvidence } from '../criteria/evidence.ts';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { AgentId, TaskId } from '../ids.ts';

/**
 * The agent claims completion. Sent by agents and the gateway on tasks.reports, consumed by the active task-router. `started_at_ms` makes
 * report.started.v1 unnecessary for short tasks.
 */
export const ReportCompletedV1 = defineMessage(
  'report.completed.v1',
  z.object({
    task_id: TaskId,
    agent_id: AgentId,
    epoch: z.number(),
    lease: z.string(),
    started_at_ms: z.number().optional(),
    result: z.unknown().optional(),
    exit_code: z.int().optional(),
    /** Of the criteria that are checked in the workspace, by the agent's host (invariant I10). */
    evidence: ReportedEvidence.optional(),
  }),
);
export type ReportCompletedV1 = MessageOf<typeof ReportCompletedV1>;
