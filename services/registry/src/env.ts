import { baseEnv, durationMs, integer } from '@nova-torch/service-kit';
import { z } from 'zod';

/** What the registry can be told; every variable has a default but NOVA_BROKER_URL. */
export const registryEnv = z
  .object({
    ...baseEnv,
    NOVA_HEARTBEAT_MS: durationMs({ min: 20, max: 600_000 })
      .default(5_000)
      .describe('how often an agent says it lives'),
    NOVA_SUSPECT_AFTER: integer({ min: 1, max: 100 })
      .default(2)
      .describe('heartbeats missed before an agent is suspected'),
    NOVA_FAILED_AFTER: integer({ min: 2, max: 100 })
      .default(3)
      .describe('heartbeats missed before an agent is taken for dead'),
    NOVA_CLOSED_WINDOW_MS: durationMs({ min: 10, max: 600_000 })
      .default(1_000)
      .describe('how long an agent may be silent after its session closed'),
    NOVA_MASS_CLOSES: integer({ min: 2, max: 1_000_000 })
      .default(10)
      .describe('so many sessions closed at once (or a fifth of all agents) are no deaths'),
    NOVA_AGENTS_MAX: integer({ min: 1, max: 1_000_000 })
      .default(100_000)
      .describe('agents a partition may have'),
  })
  .refine((env) => env.NOVA_FAILED_AFTER > env.NOVA_SUSPECT_AFTER, {
    path: ['NOVA_FAILED_AFTER'],
    message: 'a number above NOVA_SUSPECT_AFTER',
  });
export type RegistryEnv = z.infer<typeof registryEnv>;
