import { dirname, join, resolve } from 'node:path';
import { ANALYSED_CHARS_MAX, ANALYSIS_MODEL_MS_MAX } from '@nova-torch/protocol';
import { baseEnv, durationMs, httpUrl, integer, type ServiceBase } from '@nova-torch/service-kit';
import { z } from 'zod';

/** Where Nova-Torch is installed, from source and built alike. */
const root = resolve(dirname(import.meta.filename), '../../..');
const DAY_MS = 24 * 3_600_000;

/** What the task-router can be told; every variable has a default but NOVA_BROKER_URL. */
export const routerEnv = z
  .object({
    ...baseEnv,
    NOVA_ROUTING_FILE: z
      .string()
      .transform((file) => resolve(file))
      .optional()
      .describe(
        'A file that says how agents are chosen; deploy/config/routing.yaml holds the built-in values',
      ),
    NOVA_ROUTER_LEASE_MS: durationMs({ min: 100, max: 60_000 })
      .default(1_000)
      .describe('How long a router stays the active one without renewing: another takes over after that'),
    NOVA_ROUTER_RENEW_MS: durationMs({ min: 20, max: 20_000 })
      .default(300)
      .describe('How often the active router renews its lease'),
    NOVA_ASSIGNMENT_LEASE_MS: durationMs({ min: 100, max: 3_600_000 })
      .default(10_000)
      .describe('How long an agent may start an assignment without asking'),
    NOVA_START_TIMEOUT_MS: durationMs({ min: 100, max: 3_600_000 })
      .default(30_000)
      .describe('A task whose start is not reported by then goes to another agent'),
    NOVA_REST_AFTER_FAILURES: integer({ min: 1, max: 1_000 })
      .default(3)
      .describe('Failures in a row of one agent at one type of task, after which it rests from that type'),
    NOVA_REST_FIRST_MS: durationMs({ min: 10, max: 3_600_000 })
      .default(30_000)
      .describe('How long the first rest is; each further one is twice as long'),
    NOVA_REST_LONGEST_MS: durationMs({ min: 10, max: DAY_MS })
      .default(600_000)
      .describe('How long a rest is at most'),
    NOVA_RETENTION_MS: durationMs({ min: 1_000, max: 365 * DAY_MS })
      .default(7 * DAY_MS)
      .describe('How long ended tasks are kept'),
    NOVA_RETENTION_TASKS_MAX: integer({ min: 100, max: 10_000_000 })
      .default(100_000)
      .describe('How many ended tasks are kept'),
    NOVA_RECONCILE_EVERY_MS: durationMs({ min: 20, max: 600_000 })
      .default(1_000)
      .describe('How often one step of the comparison of records and indexes is done'),
    NOVA_TAXONOMY: z
      .string()
      .default(join(root, 'deploy/config/taxonomy.yaml'))
      .transform((file) => resolve(file))
      .describe('The file with the words the analysis of tasks knows'),
    NOVA_TAXONOMY_EXTRA: z
      .string()
      .transform((file) => resolve(file))
      .optional()
      .describe('A file that adds words to that one, or takes some from it'),
    NOVA_DEMAND_OPEN_MAX: integer({ min: 0, max: 1_000 })
      .default(5)
      .describe(
        'Requests to the spawner under way at once for tasks nobody alive can do; 0: it is never asked',
      ),
    NOVA_DEMAND_AFTER_MS: durationMs({ max: 3_600_000 })
      .default(1_000)
      .describe('How long such tasks wait before the spawner is asked'),
    NOVA_DEMAND_ANSWER_MS: durationMs({ min: 100, max: 600_000 })
      .default(10_000)
      .describe('A request the spawner did not answer by then is repeated'),
    NOVA_DEMAND_READY_MS: durationMs({ min: 100, max: 3_600_000 })
      .default(60_000)
      .describe('From the request until its agent should have registered; then its state is asked for'),
    NOVA_DEMAND_KNOWN_MS: durationMs({ min: 100, max: 600_000 })
      .default(10_000)
      .describe('A started agent that cannot do the tasks this long after it registered does not count'),
    NOVA_DEMAND_BACKOFF_MS: durationMs({ min: 10, max: 3_600_000 })
      .default(2_000)
      .describe('Pause after a request that helped nobody; doubled after each further one'),
    NOVA_DEMAND_BACKOFF_MAX_MS: durationMs({ min: 10, max: DAY_MS })
      .default(60_000)
      .describe('The longest such pause'),
    NOVA_DEMAND_BUSY_MS: durationMs({ max: DAY_MS })
      .default(30_000)
      .describe('Tasks whose agents all have no free slot for this long are counted in router_classes_busy'),
    NOVA_LLM_URL: httpUrl()
      .refine((address) => !/^https?:\/\/[^/?#]*@/i.test(address), {
        message: 'an address without a password in it: the key goes into NOVA_LLM_KEY_FILE',
      })
      .optional()
      .describe(
        'An OpenAI-compatible endpoint that analyses tasks, such as https://api.openai.com/v1; none: the rules alone do',
      ),
    NOVA_LLM_MODEL: z.string().trim().min(1).max(200).optional().describe('The name of the model there'),
    NOVA_LLM_KEY: z
      .string()
      .regex(/^[\x21-\x7e]{1,4096}$/, 'the key alone, in one line')
      .optional()
      .describe('The key of the endpoint, if it wants one; better in a file: NOVA_LLM_KEY_FILE'),
    NOVA_LLM_TIMEOUT_MS: durationMs({ min: 10, max: ANALYSIS_MODEL_MS_MAX })
      .default(8_000)
      .describe('How long one call may take; then the analysis of the rules stands'),
    NOVA_LLM_CONCURRENCY: integer({ min: 1, max: 64 })
      .default(2)
      .describe('Calls of one router at the same time'),
    NOVA_LLM_CALLS_PER_HOUR: integer({ min: 1, max: 100_000 })
      .default(100)
      .describe('Calls of one router within any hour'),
    NOVA_LLM_TOKENS_PER_HOUR: integer({ min: 1, max: 1_000_000_000 })
      .default(200_000)
      .describe('Tokens of one router within any hour, question and answer together'),
    NOVA_LLM_TEXT_CHARS: integer({ min: 100, max: ANALYSED_CHARS_MAX })
      .default(8_000)
      .describe('How much of a description is sent'),
    NOVA_LLM_APPLY: z
      .enum(['questions', 'submissions'])
      .default('questions')
      .describe(
        'questions: the model is asked by POST /v1/tasks/analyze alone; submissions: also for tasks that wait and name neither role nor skills',
      ),
  })
  .refine((env) => env.NOVA_LLM_URL === undefined || env.NOVA_LLM_MODEL !== undefined, {
    path: ['NOVA_LLM_MODEL'],
    message: 'the name of a model, since NOVA_LLM_URL is set',
  });
export type RouterEnv = z.infer<typeof routerEnv>;
export type RouterBase = ServiceBase<RouterEnv>;
