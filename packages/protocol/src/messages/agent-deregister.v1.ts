import { z } from 'zod';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { AgentId } from '../ids.ts';

/**
 * Request: I leave and hold nothing any more. Sent by agents and the gateway on registry, consumed by the registry, answered by
 * agent.state.v1.
 */
export const AgentDeregisterV1 = defineMessage(
  'agent.deregister.v1',
  z.object({ agent_id: AgentId, reason: z.string().max(500) }),
);
export type AgentDeregisterV1 = MessageOf<typeof AgentDeregisterV1>;
