import { z } from 'zod';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { AgentId } from '../ids.ts';

/**
 * An agent is to take no new task, finish or give back what it has by `until_ms`, deregister and end. Written into its inbox by the
 * spawner.
 */
export const AgentDrainV1 = defineMessage(
  'agent.drain.v1',
  z.object({ agent_id: AgentId, reason: z.string(), until_ms: z.number() }),
);
export type AgentDrainV1 = MessageOf<typeof AgentDrainV1>;
