import { z } from 'zod';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { AgentId } from '../ids.ts';

/**
 * An agent deregistered. Written by the registry on the feed registry.events, in the script that changes the record.
 */
export const AgentLeftV1 = defineMessage(
  'agent.left.v1',
  z.object({ agent_id: AgentId, version: z.int().min(1), at_ms: z.number(), reason: z.string() }),
);
export type AgentLeftV1 = MessageOf<typeof AgentLeftV1>;
