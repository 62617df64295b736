import { z } from 'zod';
import { AgentRegistration } from '../agent.ts';
import { defineMessage, type MessageOf } from '../envelope.ts';

/**
 * Request: I am here. Sent by agents, the gateway or the spawner on registry, consumed by the registry, answered by agent.registered.v1.
 * Again under the same agent_id: the record is renewed, the inbox kept.
 */
export const AgentRegisterV1 = defineMessage(
  'agent.register.v1',
  z.object({ registration: AgentRegistration }),
);
export type AgentRegisterV1 = MessageOf<typeof AgentRegisterV1>;
