import { z } from 'zod';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { LogLevelName } from '../log-level.ts';

/**
 * The instances this fits log at another level until a moment, then at their own again. Written by the gateway on the feed
 * control, of which every instance looks at the last ones when it starts: so a restarted one does as it was told. The newest holds.
 */
export const LogLevelSetV1 = defineMessage(
  'log-level.set.v1',
  z.object({
    service: z.string().optional().describe('Only its instances; all services unless given'),
    instance: z.string().optional().describe('Only this one'),
    level: LogLevelName,
    until_ms: z.number().min(0).max(8.64e15).describe('Unix ms, of the broker’s clock'),
    by: z.string(),
  }),
);
export type LogLevelSetV1 = MessageOf<typeof LogLevelSetV1>;
