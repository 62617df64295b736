import { z } from 'zod';
import { CAPACITY_MAX } from '../bounds.ts';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { AgentId, TaskId } from '../ids.ts';

/**
 * I live, and this is what I do. Sent by agents and the gateway on registry every heartbeat period, consumed by the registry. From an
 * agent that is unknown, failed or left it changes nothing; the inbox then gets agent.gone.v1 if it still exists.
 */
export const AgentHeartbeatV1 = defineMessage(
  'agent.heartbeat.v1',
  z.object({
    agent_id: AgentId,
    current_tasks: z.array(TaskId).max(CAPACITY_MAX),
    draining: z.boolean().default(false),
  }),
);
export type AgentHeartbeatV1 = MessageOf<typeof AgentHeartbeatV1>;
