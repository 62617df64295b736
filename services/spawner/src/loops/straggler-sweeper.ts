// Looks for living processes of spawns nobody watches: what the crash of a spawner, or of the broker, left behind.
import { AgentId, type SpawnId, SpawnId as SpawnIdSchema } from '@nova-torch/protocol';
import { hostAmong, type MarkedProcess, stragglerVerdict } from '../domain/adoption.ts';
import { MARKS } from '../domain/host-command.ts';
import { recreate, type StoredSpawn, takeBack } from '../domain/spawn.ts';
import type { SpawnerMetrics } from '../metrics.ts';
import type { AgentLogs } from '../runtime/agent-log.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { SpawnStore } from '../store/spawn-store.ts';
import type { Templates } from '../templates.ts';
import type { SpawnReconciler } from './spawn-reconciler.ts';
import type { StepLogger } from './spawn-steps.ts';

export interface SweeperDeps {
  readonly owner: string;
  readonly host: string;
  readonly brokerUrl: string;
  readonly store: SpawnStore;
  readonly runtime: Runtime;
  readonly logs: AgentLogs;
  readonly reconciler: SpawnReconciler;
  readonly metrics: SpawnerMetrics;
  readonly logger: StepLogger;
  readonly killAfterMs: number;
  readonly nowMs: () => number;
  readonly templates: Templates;
}

export type SweepCounts = Record<'left' | 'ended' | 'recreated' | 'taken_back', number>;

const NOTHING: SweepCounts = { left: 0, ended: 0, recreated: 0, taken_back: 0 };

/** A record that is made again for a living process counts like any other, but is never refused. */
const NO_LIMIT = { totalMax: Number.MAX_SAFE_INTEGER, templateMax: Number.MAX_SAFE_INTEGER };

/** While no agent lives here, only every so many runs look. */
const IDLE_RUNS = 3;

/** The sweep as a loop: each second while agents live, seldom otherwise. */
export function createStragglerSweeper(deps: SweeperDeps): { runOnce(): Promise<SweepCounts> } {
  let idle = 0;
  return {
    async runOnce() {
      idle = deps.reconciler.attached().length > 0 ? 0 : idle + 1;
      return idle === 0 || idle % IDLE_RUNS === 1 ? sweepStragglers(deps) : { ...NOTHING };
    },
  };
}

/**
 * Every look also remembers who belongs to whom, so it is taken while agents live. A process is touched only if this
 * home started its spawn (its log is here): other installations on this machine have marked processes of their own.
 */
async function sweepStragglers(deps: SweeperDeps): Promise<SweepCounts> {
  const counts: SweepCounts = { ...NOTHING };
  const attached = new Set<string>(deps.reconciler.attached());
  for (const [mark, processes] of deps.runtime.look()) {
    const spawnId = SpawnIdSchema.safeParse(mark).data;
    if (spawnId === undefined || attached.has(spawnId) || !deps.logs.has(spawnId)) continue;
    try {
      counts[await sweepSpawn(deps, spawnId, processes)] += 1;
    } catch (error) {
      deps.logger.error(
        { spawn_id: spawnId, err: error },
        'stragglers could not be dealt with, tried again soon',
      );
    }
  }
  return counts;
}

async function sweepSpawn(
  deps: SweeperDeps,
  spawnId: SpawnId,
  processes: readonly MarkedProcess[],
): Promise<keyof SweepCounts> {
  const { store, runtime, logger, metrics, reconciler, killAfterMs } = deps;
  const stored = await store.get(spawnId);
  if (stored && stored.owner !== deps.owner) return 'left';
  const host = hostAmong(processes);
  const environment = host && runtime.environment(host.pid);
  const sameBroker = environment?.get(MARKS.brokerUrl) === deps.brokerUrl;
  const verdict = stragglerVerdict(stored, { hostAlive: host !== undefined, sameBroker });
  if (verdict === 'leave') return 'left';
  metrics.stragglers.inc({ verdict });
  logger.warn({ spawn_id: spawnId, verdict, pids: processes.map(({ pid }) => pid) }, 'stragglers found');
  if (verdict === 'take-back' && stored) {
    if (!(await store.change(stored, takeBack(stored)))) return 'left';
    reconciler.kick(spawnId);
    return 'taken_back';
  }
  if (
    verdict === 'recreate' &&
    host &&
    environment &&
    (await recreateRecord(deps, spawnId, host, environment))
  ) {
    reconciler.kick(spawnId);
    return 'recreated';
  }
  await runtime.stop({ spawnId }, { graceMs: killAfterMs, force: false });
  return 'ended';
}

/** False when its environment does not say which agent it is: then nobody could ever address it. */
async function recreateRecord(
  deps: SweeperDeps,
  spawnId: SpawnId,
  host: { pid: number; pidStart: string },
  environment: ReadonlyMap<string, string>,
): Promise<boolean> {
  const agentId = AgentId.safeParse(environment.get(MARKS.agentId)).data;
  const template = environment.get(MARKS.template);
  if (agentId === undefined || template === undefined) return false;
  const { role, stop_grace_s } = deps.templates.get(template) ?? { role: 'unknown', stop_grace_s: 10 };
  const spawn: StoredSpawn = recreate(
    {
      spawn_id: spawnId,
      agent_id: agentId,
      template,
      role,
      stop_grace_s,
      requested_by: 'spawner',
      host: deps.host,
      owner: deps.owner,
    },
    host,
    deps.nowMs(),
  );
  await deps.store.begin(spawn, NO_LIMIT);
  return true;
}
