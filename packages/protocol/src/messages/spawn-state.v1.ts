import { z } from 'zod';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { SpawnRecord } from '../spawn.ts';

/**
 * Answer that shows one spawn, on the asker's reply stream.
 */
export const SpawnStateV1 = defineMessage('spawn.state.v1', z.object({ spawn: SpawnRecord }));
export type SpawnStateV1 = MessageOf<typeof SpawnStateV1>;
