import { z } from 'zod';
import { AgentRecord } from '../agent.ts';
import { defineMessage, type MessageOf } from '../envelope.ts';

/**
 * An agent registered; its inbox exists. Written by the registry on the feed registry.events, in the script that changes the record.
 */
export const AgentJoinedV1 = defineMessage('agent.joined.v1', z.object({ agent: AgentRecord }));
export type AgentJoinedV1 = MessageOf<typeof AgentJoinedV1>;
