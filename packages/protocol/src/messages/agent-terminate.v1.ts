import { z } from 'zod';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { AgentId } from '../ids.ts';

/**
 * Request: end a spawned agent, politely first, then its whole process tree. Sent by the gateway or agents on agents.terminating,
 * consumed by the spawner, answered by spawn.state.v1.
 */
export const AgentTerminateV1 = defineMessage(
  'agent.terminate.v1',
  z.object({ agent_id: AgentId, reason: z.string().max(500), force: z.boolean().default(false) }),
);
export type AgentTerminateV1 = MessageOf<typeof AgentTerminateV1>;
