import { z } from 'zod';
import { AgentDemand } from '../demand.ts';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { SpawnId } from '../ids.ts';

/**
 * Request: start an agent of this template, or of the first template that covers this demand. Sent by the gateway, the
 * task-router or agents on agents.spawning, consumed by the spawner, answered by spawn.state.v1. The same spawn_id
 * again starts nothing.
 */
export const AgentSpawnV1 = defineMessage(
  'agent.spawn.v1',
  z
    .object({
      spawn_id: SpawnId,
      template: z.string().min(1).max(64).optional(),
      demand: AgentDemand.optional(),
      requested_by: z.string().max(200),
    })
    .refine(
      ({ template, demand }) => (template === undefined) !== (demand === undefined),
      'names either a template or a demand',
    ),
);
export type AgentSpawnV1 = MessageOf<typeof AgentSpawnV1>;
