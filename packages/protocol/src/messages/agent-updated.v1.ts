import { z } from 'zod';
import { AgentRecord } from '../agent.ts';
import { defineMessage, type MessageOf } from '../envelope.ts';

/**
 * Something of an agent's record changed (status, tasks, performance, skills). Written by the registry on the feed registry.events, in the script that changes the record.
 */
export const AgentUpdatedV1 = defineMessage('agent.updated.v1', z.object({ agent: AgentRecord }));
export type AgentUpdatedV1 = MessageOf<typeof AgentUpdatedV1>;
