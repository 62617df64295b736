import { randomBytes } from 'node:crypto';
import { homedir, hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { baseEnv, durationMs, integer } from '@nova-torch/service-kit';
import { z } from 'zod';

/** From source the parts of Nova-Torch lie in `src` and Node needs a condition to find them; built, in `dist`. */
const fromSource = import.meta.filename.endsWith('.ts');
const root = resolve(dirname(import.meta.filename), '../../..');
const path = (fallback: string) =>
  z
    .string()
    .default(fallback)
    .transform((given) => resolve(given));

/** What the spawner can be told; every variable has a default but NOVA_BROKER_URL. */
export const spawnerEnv = z.object({
  ...baseEnv,
  NOVA_INSTANCE: baseEnv.NOVA_INSTANCE.unwrap()
    .default(() => `spawner-${randomBytes(3).toString('hex')}`)
    .describe('the name of this process; spawner-<6 hex digits> unless given'),
  NOVA_HOME: path(join(homedir(), '.nova-torch')).describe('the state directory; one spawner may run on it'),
  NOVA_ROOT: path(root).describe('the directory Nova-Torch is installed in, for templates'),
  NOVA_TEMPLATES: path(join(root, 'deploy/config/templates.yaml')).describe(
    'the file with the agent templates',
  ),
  NOVA_CLI_ENTRY: path(join(root, 'packages/cli', fromSource ? 'src/main.ts' : 'dist/main.js')).describe(
    'the script whose `agent run` hosts an agent',
  ),
  NOVA_ORPHAN_GRACE_MS: durationMs({ min: 1_000, max: 86_400_000 })
    .default(30_000)
    .describe('how long agents work on without a spawner before they finish and end'),
  SPAWNER_HOST: z
    .string()
    .min(1)
    .max(200)
    .default(hostname())
    .describe('the name of this machine in records'),
  SPAWNER_AGENTS_MAX: integer({ min: 1, max: 10_000 })
    .default(50)
    .describe('agents that may live at once, on all hosts'),
  SPAWNER_READY_TIMEOUT_MS: durationMs({ min: 100, max: 3_600_000 })
    .default(30_000)
    .describe('from the request until the agent has registered; later it is ended as failed'),
  SPAWNER_KILL_AFTER_MS: durationMs({ max: 600_000 })
    .default(2_000)
    .describe('between SIGTERM and SIGKILL of an agent and its processes'),
  SPAWNER_ON_STOP: z
    .enum(['leave', 'terminate'])
    .default('leave')
    .describe('what becomes of the agents when the spawner is stopped: they work on, or are ended with it'),
  SPAWNER_LOG_BYTES_MAX: integer({ min: 4_096 })
    .default(8 * 1024 * 1024)
    .describe('length of an agent’s log in bytes; its older half is kept beside it'),
  SPAWNER_KEEP_ENDED_MS: durationMs({ min: 1_000 })
    .default(7 * 86_400_000)
    .describe('how long records and logs of ended agents are kept'),
  SPAWNER_HOST_LOST_MS: durationMs({ min: 60_000 })
    .default(600_000)
    .describe('silence of a spawner on another host after which its agents count as failed'),
});
export type SpawnerEnv = z.infer<typeof spawnerEnv>;

const HANDED_ON = new Set([
  ...['PATH', 'HOME', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'USER', 'LOGNAME', 'SHELL'],
  // Hosts start in two thirds of the time where their code lies compiled.
  'NODE_COMPILE_CACHE',
]);

/** The part of the spawner's own environment that agents get: where programs and people's files are, and tracing. */
export function handedOn(source: NodeJS.ProcessEnv): Record<string, string> {
  const chosen: Record<string, string> = {};
  for (const [name, value] of Object.entries(source)) {
    if (value !== undefined && (HANDED_ON.has(name) || name.startsWith('OTEL_'))) chosen[name] = value;
  }
  return chosen;
}

/** Options of Node that the agent host needs to run from where the spawner runs. */
export const hostNodeOptions: readonly string[] = fromSource ? ['--conditions=source'] : [];
