import { z } from 'zod';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { AgentId } from '../ids.ts';

/**
 * An agent missed its heartbeats; it gets no new task until it is heard again. Written by the registry on the feed registry.events, in the script that changes the record.
 */
export const AgentSuspectV1 = defineMessage(
  'agent.suspect.v1',
  z.object({ agent_id: AgentId, version: z.int().min(1), at_ms: z.number(), reason: z.string() }),
);
export type AgentSuspectV1 = MessageOf<typeof AgentSuspectV1>;
