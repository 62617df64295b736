import { z } from 'zod';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { SpawnId } from '../ids.ts';

/**
 * A spawn was refused: limit reached or template unknown. Written by the spawner on the feed agents.scaling.
 */
export const SpawnRefusedV1 = defineMessage(
  'spawn.refused.v1',
  z.object({
    spawn_id: SpawnId,
    template: z.string(),
    code: z.string(),
    reason: z.string(),
    at_ms: z.number(),
  }),
);
export type SpawnRefusedV1 = MessageOf<typeof SpawnRefusedV1>;
