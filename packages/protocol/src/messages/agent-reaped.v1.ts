import { z } from 'zod';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { AgentId } from '../ids.ts';

/**
 * An agent's inbox and record are deleted. Written by the registry on the feed registry.events, in the script that changes the record.
 */
export const AgentReapedV1 = defineMessage(
  'agent.reaped.v1',
  z.object({ agent_id: AgentId, at_ms: z.number() }),
);
export type AgentReapedV1 = MessageOf<typeof AgentReapedV1>;
