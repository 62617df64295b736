// Ends the records of spawns whose host is gone for good, so that they do not count against the limits for ever. Their
// processes are out of reach: the agent hosts end themselves when their spawner has been away for longer than their
// grace. No sign of death is sent, because nobody saw one; the registry judges by their heartbeats.
import { declareLost } from '../domain/spawn.ts';
import type { SpawnerMetrics } from '../metrics.ts';
import type { SpawnStore } from '../store/spawn-store.ts';

export interface LostHostDeps {
  readonly owner: string;
  readonly store: SpawnStore;
  readonly metrics: SpawnerMetrics;
  /** How long a host may be silent, ms; far more than the grace of its agents. */
  readonly lostAfterMs: number;
  readonly nowMs: () => number;
}

/** Looks once at all hosts that are silent for too long. */
export async function reapLostHosts(deps: LostHostDeps): Promise<{ lost: number }> {
  const { store, nowMs, lostAfterMs } = deps;
  let lost = 0;
  for (const owner of await store.ownersSilentSince(nowMs() - lostAfterMs)) {
    if (owner === deps.owner) continue;
    for (const spawnId of await store.liveOf(owner)) {
      const spawn = await store.get(spawnId);
      if (!spawn) continue;
      const reason = `its spawner on ${spawn.record.host} has not been heard of for ${Math.round(lostAfterMs / 1000)} s`;
      if (!(await store.change(spawn, declareLost(spawn, reason, nowMs())))) continue;
      deps.metrics.ended.inc({ state: 'failed' });
      lost += 1;
    }
    if ((await store.liveOf(owner)).length === 0) await store.forgetOwner(owner);
  }
  return { lost };
}
