import { z } from 'zod';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { SpawnRecord } from '../spawn.ts';

/**
 * A spawn changed its state. Written by the spawner on the feed agents.scaling, in the script that changes the record.
 */
export const SpawnChangedV1 = defineMessage('spawn.changed.v1', z.object({ spawn: SpawnRecord }));
export type SpawnChangedV1 = MessageOf<typeof SpawnChangedV1>;
