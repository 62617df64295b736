import { SpawnRecord } from '@nova-torch/protocol';
import { z } from 'zod';
import type { StoredSpawn } from '../domain/spawn.ts';

const StoredSpawnJson: z.ZodType<StoredSpawn> = z.object({
  record: SpawnRecord,
  owner: z.string(),
  version: z.int().min(1),
  stop_grace_s: z.number().min(0),
  stop: z
    .object({ reason: z.string(), polite_until_ms: z.number(), outcome: z.enum(['stopped', 'failed']) })
    .optional(),
  lost: z.boolean().optional(),
});

/** Reads a stored spawn. Throws on what no version of the spawner wrote. */
export function parseSpawn(body: string): StoredSpawn {
  return StoredSpawnJson.parse(JSON.parse(body));
}
