import { z } from 'zod';
import { AgentRecord } from '../agent.ts';
import { defineMessage, type MessageOf } from '../envelope.ts';

/**
 * Answer that shows one agent, on the asker's reply stream.
 */
export const AgentStateV1 = defineMessage('agent.state.v1', z.object({ agent: AgentRecord }));
export type AgentStateV1 = MessageOf<typeof AgentStateV1>;
