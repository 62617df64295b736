import { z } from 'zod';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { AgentId } from '../ids.ts';

/**
 * To an agent that is taken for gone and yet sends heartbeats: stop all work and register again. Written into its inbox by the registry.
 */
export const AgentGoneV1 = defineMessage(
  'agent.gone.v1',
  z.object({ agent_id: AgentId, reason: z.string() }),
);
export type AgentGoneV1 = MessageOf<typeof AgentGoneV1>;
