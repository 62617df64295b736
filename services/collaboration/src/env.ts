import { baseEnv, durationMs, integer } from '@nova-torch/service-kit';
import { z } from 'zod';

/** What collaboration can be told; every variable has a default but NOVA_BROKER_URL. */
export const collaborationEnv = z.object({
  ...baseEnv,
  NOVA_MESSAGE_TTL_MS: durationMs({ min: 1_000, max: 90 * 24 * 3_600_000 })
    .default(7 * 24 * 3_600_000)
    .describe('how long the record of a message is kept'),
  NOVA_MESSAGES_MAX: integer({ min: 1, max: 10_000_000 })
    .default(100_000)
    .describe('records of messages kept; beyond it the oldest go'),
  NOVA_QUEUED_MAX: integer({ min: 1, max: 1_000_000 })
    .default(10_000)
    .describe('messages that may wait for one agent'),
  NOVA_SCHEDULED_MAX: integer({ min: 1, max: 1_000_000 })
    .default(10_000)
    .describe('messages that may wait for their time'),
  NOVA_MESSAGES_PER_S: integer({ min: 1, max: 1_000_000 })
    .default(1_000)
    .describe('messages a second of one sender, twice as many at once; more are refused'),
  NOVA_TURN_MS: durationMs({ min: 100, max: 60_000 })
    .default(1_000)
    .describe('after how long another replica takes over from one that is silent'),
  NOVA_RELEASE_AGAIN_MS: durationMs({ min: 100, max: 3_600_000 })
    .default(30_000)
    .describe('how often the release of an agent that is gone is repeated until it is reaped'),
});
export type CollaborationEnv = z.infer<typeof collaborationEnv>;
