import { z } from 'zod';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { AgentId } from '../ids.ts';

/**
 * An agent is taken for dead. `certain` when its end was seen; else it may live on unheard, and what it has not reported as started moves only after its lease. Written by the registry on the feed registry.events, in the script that changes the record.
 */
export const AgentFailedV1 = defineMessage(
  'agent.failed.v1',
  z.object({
    agent_id: AgentId,
    version: z.int().min(1),
    at_ms: z.number(),
    reason: z.string(),
    certain: z.boolean(),
  }),
);
export type AgentFailedV1 = MessageOf<typeof AgentFailedV1>;
