import { homedir } from 'node:os';
import { join } from 'node:path';
import { baseEnv, bool, commaList, durationMs, integer, port } from '@nova-torch/service-kit';
import { z } from 'zod';

const DAY_MS = 24 * 3_600_000;

/** What the gateway can be told; every variable has a default but NOVA_BROKER_URL. */
export const gatewayEnv = z.object({
  ...baseEnv,
  NOVA_HTTP_PORT: port().default(7400).describe('the port of the API; 0 = any free one'),
  NOVA_HOME: z.string().default(join(homedir(), '.nova-torch')).describe('state of a local installation'),
  NOVA_ADMIN_KEY: z.string().optional().describe('the admin key; admin.key of NOVA_HOME unless given'),
  NOVA_ALLOWED_HOSTS: commaList().default([]).describe('further host names the API is addressed by'),
  NOVA_ALLOWED_ORIGINS: commaList().default([]).describe('origins whose pages may call the API'),
  NOVA_REQUESTS_MAX: integer({ min: 1, max: 100_000 })
    .default(1_000)
    .describe('requests answered at one time; more get 429'),
  NOVA_ADMIN_REQUESTS_PER_S: integer({ min: 1, max: 1_000_000 })
    .default(10_000)
    .describe('requests a second with the admin key, twice as many at once; more get 429'),
  NOVA_AGENT_REQUESTS_PER_S: integer({ min: 1, max: 1_000_000 })
    .default(500)
    .describe('requests a second of one agent, twice as many at once; more get 429'),
  NOVA_QUEUE_MAX: integer({ min: 1 })
    .default(500_000)
    .describe(
      'submissions that wait for the task-router; low ones get 429 from half of it on, urgent ones when it is full',
    ),
  NOVA_WAITS_MAX: integer({ min: 1, max: 1_000_000 })
    .default(10_000)
    .describe('requests waiting for the end of a task at one time; more get 429'),
  NOVA_PULLS_MAX: integer({ min: 1, max: 1_000_000 })
    .default(20_000)
    .describe('agents waiting for their inbox at one time; more get 429'),
  NOVA_IDEMPOTENCY_TTL_MS: durationMs({ min: 60_000, max: 90 * DAY_MS })
    .default(7 * DAY_MS)
    .describe('how long an Idempotency-Key is remembered'),
  NOVA_JOURNAL: bool()
    .default(true)
    .describe(
      'whether tasks are written to a journal before they are accepted, unless a request asks for less',
    ),
  NOVA_JOURNAL_DIR: z
    .string()
    .optional()
    .describe('the directory of the journal; the first free one below NOVA_HOME/journal unless given'),
  NOVA_JOURNAL_BYTES_MAX: integer({ min: 1_000_000 })
    .default(4 * 1024 ** 3)
    .describe('size of the journal beyond which it takes no more tasks'),
  NOVA_JOURNAL_KEEP_ENDED_MS: durationMs({ max: 7 * DAY_MS })
    .default(5 * 60_000)
    .describe('how long the journal keeps an ended task that nothing else needs'),
  NOVA_INBOX_REDELIVER_MS: durationMs({ min: 100, max: DAY_MS })
    .default(60_000)
    .describe('an inbox entry not acknowledged for so long is given out again'),
  NOVA_SIGN_GATHER_MS: durationMs({ min: 0, max: 1_000 })
    .default(100)
    .describe('how long closed pulls are gathered before their agents are reported'),
});
export type GatewayEnv = z.infer<typeof gatewayEnv>;
