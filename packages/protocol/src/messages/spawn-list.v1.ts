import { z } from 'zod';
import { PAGE_MAX } from '../bounds.ts';
import { defineMessage, type MessageOf } from '../envelope.ts';

/**
 * Question: a page of spawns, newest first. Sent on agents.spawning, consumed by the spawner, answered by spawn.page.v1.
 */
export const SpawnListV1 = defineMessage(
  'spawn.list.v1',
  z.object({ cursor: z.string().max(200).optional(), limit: z.int().min(1).max(PAGE_MAX).default(50) }),
);
export type SpawnListV1 = MessageOf<typeof SpawnListV1>;
