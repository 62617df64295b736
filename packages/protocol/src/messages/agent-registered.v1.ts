import { z } from 'zod';
import { AgentRecord } from '../agent.ts';
import { defineMessage, type MessageOf } from '../envelope.ts';

/**
 * Answer to agent.register.v1, on the asker's reply stream.
 */
export const AgentRegisteredV1 = defineMessage(
  'agent.registered.v1',
  z.object({ agent: AgentRecord, heartbeat_every_ms: z.int().positive(), server_time_ms: z.number() }),
);
export type AgentRegisteredV1 = MessageOf<typeof AgentRegisteredV1>;
