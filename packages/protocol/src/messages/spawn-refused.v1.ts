import { z } from 'zod';
import { AgentDemand } from '../demand.ts';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { SpawnId } from '../ids.ts';

/**
 * A spawn was refused: limit reached, template unknown, or no template covers the demand. Written by the spawner on the
 * feed agents.scaling.
 */
export const SpawnRefusedV1 = defineMessage(
  'spawn.refused.v1',
  z.object({
    spawn_id: SpawnId,
    template: z.string().optional(),
    demand: AgentDemand.optional(),
    code: z.string(),
    reason: z.string(),
    at_ms: z.number(),
  }),
);
export type SpawnRefusedV1 = MessageOf<typeof SpawnRefusedV1>;
