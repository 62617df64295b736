import { z } from 'zod';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { AgentId } from '../ids.ts';

/**
 * Question: one agent. Sent on registry, consumed by the registry, answered by agent.state.v1.
 */
export const AgentGetV1 = defineMessage('agent.get.v1', z.object({ agent_id: AgentId }));
export type AgentGetV1 = MessageOf<typeof AgentGetV1>;
