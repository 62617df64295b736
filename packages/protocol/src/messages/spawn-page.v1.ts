import { z } from 'zod';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { SpawnRecord } from '../spawn.ts';

/**
 * Answer to spawn.list.v1, on the asker's reply stream.
 */
export const SpawnPageV1 = defineMessage(
  'spawn.page.v1',
  z.object({ spawns: z.array(SpawnRecord), next_cursor: z.string().optional() }),
);
export type SpawnPageV1 = MessageOf<typeof SpawnPageV1>;
