import { z } from 'zod';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { AgentId } from '../ids.ts';

/**
 * Somebody saw a sign of an agent's death: `exited` (its process is gone, certain) or `session_closed` (its connection closed: the
 * heartbeat window shrinks to 1 s; any sign of life restores it). Sent by the spawner, agent hosts and the gateway on registry.
 */
export const AgentSignV1 = defineMessage(
  'agent.sign.v1',
  z.object({ agent_id: AgentId, sign: z.enum(['exited', 'session_closed']), detail: z.string().max(500) }),
);
export type AgentSignV1 = MessageOf<typeof AgentSignV1>;
